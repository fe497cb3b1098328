import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { faceQuality } from '../../checks/index.ts';
import type { JudgedLive } from '../../verification/index.ts';
import { createDecide, type Ending } from '../decide.ts';
import { type KeptFrames, keepFrames } from '../keep-frames.ts';
import { REVIEW_LIFE, type SessionParts } from '../parts.ts';
import { REPLAYED_FRAMES, REPLAYED_MOVEMENT, riskOf } from '../risk.ts';
import type { SessionUniqueness } from '../session.ts';
import { realmOf, type SessionRow } from '../session-store.ts';
import type { UniquenessOrder } from '../uniqueness-judge.ts';
import type { Fail } from './fail-attempt.ts';
import { type Finished, ordered } from './finished.ts';
import { planOf } from './judge-frame.ts';
import { shownMeanwhile } from './shown-before.ts';

/** Another session that was decided meanwhile showed the same: what was written with the approval is undone. */
export class SeenMeanwhile extends Error {
  readonly code: typeof REPLAYED_FRAMES | typeof REPLAYED_MOVEMENT;
  constructor(code: SeenMeanwhile['code']) {
    super(code);
    this.code = code;
  }
}

/** The session was decided meanwhile, by its time or otherwise: what was written with the approval is undone. */
export class DecidedMeanwhile extends Error {
  constructor() {
    super('The session was decided meanwhile.');
  }
}

export function createApprove(parts: SessionParts, { fail }: Pick<Fail, 'fail'>) {
  const { sealed, inTransaction, frames } = parts;
  const decide = createDecide(parts);

  /** In the scope of the session the decision is part of the transaction that makes a newcomer a member. */
  return async function approve(one: Finished, judged: JudgedLive | undefined): Promise<void> {
    const { row, opened } = one;
    const person = judged?.person;
    const verification = judged && ordered(one, judged);
    const resealed = person && (await sealed.resealed(row, person.id));
    const kept = person ? await keptOf(parts, one, person.id) : one.kept;
    let counted: SessionUniqueness | undefined;
    const order =
      opened.uniquenessRule.policy === 'off' ? undefined : await uniquenessOrder(parts, one, person?.id);
    const within: InTransaction = order
      ? (work) =>
          parts.uniqueness!.judge(order, (tx, found) => {
            counted = found;
            return work(tx);
          })
      : inTransaction;
    const write = async (tx: Tx, there: boolean): Promise<void> => {
      if (!there) return fail(tx, one, ['PERSON_ERASED'], { final: true });
      if (await frames.seenBefore(opened.realm.organization, one.hashes, tx))
        throw new SeenMeanwhile(REPLAYED_FRAMES);
      if (await shownMeanwhile(parts, tx, one)) throw new SeenMeanwhile(REPLAYED_MOVEMENT);
      const ending: Ending = {
        ...{ decision: 'approved', actor: one.actor, frames: kept },
        outcome: {
          ...one.outcome,
          ...(counted && { counted: { outcome: counted.outcome, action: counted.action } }),
          ...defined({ composite: judged?.composite, models: judged?.models }),
        },
        ...defined({ person, resealed, verification, uniqueness: counted }),
      };
      if (counted?.action === 'wait') return hold(parts, tx, row, ending);
      const decision = counted?.action === 'duplicate' ? 'duplicate' : 'approved';
      if (!(await decide(tx, row, opened, { ...ending, decision }))) throw new DecidedMeanwhile();
    };
    return judged
      ? judged.record(write, { within, ...defined({ id: verification }) })
      : within((tx) => write(tx, true));
  };
}

/** Movements under the key of the person, so that erasing the person reaches them. */
async function keptOf(
  { movements }: SessionParts,
  { row, kept }: Finished,
  person: SubjectId,
): Promise<KeptFrames> {
  const known = await movements.resealed(kept.movements, person);
  return {
    ...kept,
    movements: [...(await movements.resealed(await movements.unowned(row.id), person)), ...known],
  };
}

async function uniquenessOrder(
  parts: SessionParts,
  { row, opened, result, actor }: Finished,
  self: SubjectId | undefined,
): Promise<UniquenessOrder> {
  const { plan } = await planOf(parts, opened);
  const { analysis, embeddings } = result.identity!;
  const { policy, scope, unnamed } = opened.uniquenessRule;
  return {
    ...{ realm: opened.realm, policy, scope, embeddings, plan, actor, session: row.id },
    pixelHash: analysis.pixelHash,
    quality: faceQuality(analysis, { pad: plan.pad !== undefined }).score,
    ...defined({ portrait: analysis.portrait, self, reference: unnamed ? undefined : opened.subjectRef }),
    consent: {
      ...{ textVersion: opened.page.consent.version, purposes: ['deduplication'] },
      ...{ method: 'live-page', legalBasis: 'consent', through: 'self' },
    },
  };
}

/** A review decides; without one the time does. */
async function hold(
  { store, frames, movements, clock, behaviors }: SessionParts,
  tx: Tx,
  row: SessionRow,
  { outcome: found, person, verification, resealed, frames: kept }: Ending,
): Promise<void> {
  const outcome = behaviors.added(row.id, found);
  const risk = riskOf({ ...outcome, attempts: row.attempts });
  const now = clock.now();
  const held = await store.changeUndecided(tx, row.id, {
    running_since: null,
    held_until: now + REVIEW_LIFE,
    outcome: JSON.stringify({ ...outcome, risk }),
    ...(verification === undefined ? {} : { verification }),
    ...(person === undefined ? {} : { subject: person.id, ...resealed }),
  });
  if (!held) throw new DecidedMeanwhile();
  const { organization } = realmOf(row);
  await keepFrames({ frames, movements }, tx, { organization, session: row.id, at: now }, kept);
}
