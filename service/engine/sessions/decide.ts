import type { SubjectId, VerificationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Actor, readActor } from '../audit/index.ts';
import { type KeptFrames, keepFrames } from './keep-frames.ts';
import type { SessionParts } from './parts.ts';
import { riskOf } from './risk.ts';
import type { DecidedSession, SessionDecision, SessionUniqueness } from './session.ts';
import { outcomeOf, realmOf, type SessionRow, type StoredOutcome } from './session-store.ts';

/** How a session ends. */
export interface Ending {
  decision: SessionDecision;
  outcome: Omit<StoredOutcome, 'risk'>;
  person?: { id: SubjectId; email?: string };
  /** Who it is in the scope of the session. */
  uniqueness?: SessionUniqueness;
  /** The person under whose key that human is a member; absent where it is not known here. */
  countedAs?: SubjectId;
  verification?: VerificationId;
  actor: Actor;
  request?: string;
  /** What is kept of the frames of the deciding attempt. */
  frames?: KeptFrames;
  /** The columns sealed for the recognized person. */
  resealed?: Pick<SessionRow, 'order_sealed' | 'device_sealed' | 'answer_sealed'>;
}

/** The session was decided meanwhile, by its time or otherwise: what was written with the approval is undone. */
export class DecidedMeanwhile extends Error {
  constructor() {
    super('The session was decided meanwhile.');
  }
}

/** What is read before the transaction: of the row, and what is sealed in it. */
export type Opened = Awaited<ReturnType<SessionParts['sealed']['whole']>>;

/**
 * Decides a session: the row, the frames it showed, its audit line, and the flow's own end with its event, in the caller's
 * transaction. False, and nothing done, for one that is decided.
 */
export const createDecide =
  ({ store, frames, movements, audit, ends, sealed, clock, uniqueness, behaviors }: SessionParts) =>
  async (tx: Tx, row: SessionRow, opened: Opened, ending: Ending): Promise<boolean> => {
    const { decision, person, verification, actor, request, resealed } = ending;
    const now = clock.now();
    const current = await store.byId(row.id, tx);
    if (!current || current.decision !== null) return false;
    const { waits: _, votes: __, ...found } = behaviors.added(row.id, ending.outcome);
    const outcome: StoredOutcome = { ...found, risk: riskOf({ ...found, attempts: current.attempts }) };
    const changed = {
      state: 'finalized',
      decision,
      decided_at: now,
      running_since: null,
      held_until: null,
      waiting_sealed: null,
      pictures_sealed: null,
      outcome: JSON.stringify(outcome),
      verification: verification ?? null,
      ...(person === undefined ? {} : { subject: person.id, ...resealed }),
    };
    if (!(await store.changeUndecided(tx, row.id, changed))) return false;
    const after: SessionRow = { ...current, ...changed };
    // Of a session that ends while a reviewer decides about its newcomer.
    if (current.held_until !== null && ending.uniqueness === undefined)
      await uniqueness?.withdraw(tx, row.id);
    const { organization, world } = realmOf(row);
    await keepFrames({ frames, movements }, tx, { organization, session: row.id, at: now }, ending.frames);
    await audit.add(tx, {
      actor,
      action: 'session.decide',
      organization,
      target: row.id,
      outcome: decision === 'approved' ? 'done' : 'refused',
      ...(request === undefined ? {} : { request }),
      details: {
        world,
        flow: row.flow,
        decision,
        profile: row.profile,
        attempts: current.attempts,
        reasons: outcome.reasons,
        verification: after.verification ?? undefined,
        ...(person === undefined ? {} : { subject: person.id }),
      },
    });
    const reply = await endOf(ends, row).decided(tx, decidedSession(after, opened, ending));
    if (reply) await store.setAnswer(tx, row.id, await sealed.seal(after, 'answer', reply));
    return true;
  };

export function endOf(ends: SessionParts['ends'], { flow }: Pick<SessionRow, 'flow'>) {
  const end = ends[flow as keyof typeof ends];
  if (end) return end;
  throw new Problem('CONFLICT', `This service has no ${flow} sessions.`);
}

/** A row with its decision, and what was sealed in it. */
function decidedSession(
  row: SessionRow,
  opened: Opened,
  { person, uniqueness }: Pick<Ending, 'person' | 'uniqueness'>,
): DecidedSession {
  const outcome = outcomeOf(row);
  const { composite, otherPerson, models, notPassed: _, ...plain } = outcome;
  return {
    ...opened,
    ...plain,
    state: 'finalized',
    attempts: row.attempts,
    held: false,
    decision: row.decision as SessionDecision,
    decidedAt: row.decided_at!,
    risk: outcome.risk!,
    actor: readActor(row.actor),
    otherPerson: otherPerson === true,
    models: models ?? {},
    ...(composite === undefined ? {} : { composite }),
    ...(row.verification === null ? {} : { verification: row.verification as VerificationId }),
    ...(uniqueness === undefined ? {} : { uniqueness }),
    ...(person === undefined ? {} : { person, subject: person.id }),
  };
}
