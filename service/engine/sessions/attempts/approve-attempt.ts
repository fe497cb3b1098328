import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { JudgedLive } from '../../verification/index.ts';
import { createDecide, DecidedMeanwhile, type Ending } from '../decide.ts';
import { hold, waitOf } from '../held/hold.ts';
import { uniquenessOrder, waitingFace } from '../held/waiting-face.ts';
import type { KeptFrames } from '../keep-frames.ts';
import type { SessionParts } from '../parts.ts';
import { REPLAYED_FRAMES, REPLAYED_MOVEMENT } from '../risk.ts';
import type { SessionUniqueness } from '../session.ts';
import type { Fail } from './fail-attempt.ts';
import { type Finished, ordered } from './finished.ts';
import { withMorph } from './morph-evidence.ts';
import { shownMeanwhile } from './shown-before.ts';

/** Another session that was decided meanwhile showed the same: what was written with the approval is undone. */
export class SeenMeanwhile extends Error {
  readonly code: typeof REPLAYED_FRAMES | typeof REPLAYED_MOVEMENT;
  constructor(code: SeenMeanwhile['code']) {
    super(code);
    this.code = code;
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
    let countedAs: SubjectId | undefined;
    // Counted when a person has decided, and not before.
    const wait = waitOf(one);
    const isCounted = opened.uniquenessRule.policy !== 'off';
    const face = isCounted ? waitingFace(parts, one.result) : undefined;
    const order = face && !wait ? await uniquenessOrder(parts, one, face, person?.id) : undefined;
    const owner = { ...row, subject: person?.id ?? null };
    const waiting = face && wait ? await sealed.seal(owner, 'waiting', face) : null;
    const shown = wait ? one.attempt.pictures() : [];
    const pictures = shown.length > 0 ? await sealed.seal(owner, 'pictures', shown) : null;
    const within: InTransaction = order
      ? (work) =>
          parts.uniqueness!.judge(order, (tx, found, subject) => {
            counted = found;
            countedAs = subject;
            return work(tx);
          })
      : inTransaction;
    let approved = false;
    const write = async (tx: Tx, there: boolean): Promise<void> => {
      approved = false;
      if (!there) return fail(tx, one, ['PERSON_ERASED'], { final: true });
      if (await frames.seenBefore(opened.realm.organization, one.hashes, tx))
        throw new SeenMeanwhile(REPLAYED_FRAMES);
      if (await shownMeanwhile(parts, tx, one)) throw new SeenMeanwhile(REPLAYED_MOVEMENT);
      const ending: Ending = {
        decision: 'approved',
        actor: one.actor,
        frames: kept,
        outcome: {
          ...withMorph(one.outcome, counted?.alike),
          ...(counted && { counted: { outcome: counted.outcome, action: counted.action } }),
          ...defined({ composite: judged?.composite, models: judged?.models }),
        },
        ...defined({ person, resealed, verification, uniqueness: counted, countedAs }),
      };
      if (wait) return hold(parts, tx, row, ending, { wait, waiting, pictures });
      if (counted?.action === 'wait') return hold(parts, tx, row, ending, { wait: 'uniqueness' });
      const decision = counted?.action === 'duplicate' ? 'duplicate' : 'approved';
      if (!(await decide(tx, row, opened, { ...ending, decision }))) throw new DecidedMeanwhile();
      approved = decision === 'approved';
    };
    return judged
      ? judged.record(write, { within, passed: () => approved, ...defined({ id: verification }) })
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
