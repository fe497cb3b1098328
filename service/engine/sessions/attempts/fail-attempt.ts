import { defined } from '../../../lib/defined.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { JudgedLive } from '../../verification/index.ts';
import { createDecide } from '../decide.ts';
import { keepFrames } from '../keep-frames.ts';
import type { SessionParts } from '../parts.ts';
import { realmOf } from '../session-store.ts';
import { type End, type Finished, isLast, isUnspent, ordered } from './finished.ts';

/** Attempts that were not passed: another one, or the end of the session. */
export function createFail(parts: SessionParts) {
  const { store, frames, movements, inTransaction, clock, challenges } = parts;
  const decide = createDecide(parts);

  async function fail(tx: Tx, one: Finished, codes: readonly string[], end?: End): Promise<void> {
    const { row, opened, kept, actor } = one;
    const outcome = { ...one.outcome, reasons: [...new Set([...one.outcome.reasons, ...codes])] };
    if (isLast(one, codes, end)) {
      const written = defined({ verification: end?.verification });
      await decide(tx, row, opened, { decision: 'rejected', outcome, actor, frames: kept, ...written });
      return;
    }
    const stored = { ...outcome, notPassed: challenges.tryAgain(outcome.reasons) };
    const unspent = isUnspent(one);
    const changed = await store.changeUndecided(tx, row.id, {
      running_since: null,
      attempts: unspent ? row.attempts - 1 : row.attempts,
      outcome: JSON.stringify(stored),
    });
    const { organization } = realmOf(row);
    const of = { organization, session: row.id, at: clock.now() };
    if (changed && !unspent) await keepFrames({ frames, movements }, tx, of, kept);
  }

  /** With the verification that refused, if there was one. */
  async function refuse(
    one: Finished,
    codes: readonly string[],
    { judged, final }: { judged?: JudgedLive; final?: true } = {},
  ): Promise<void> {
    const end = defined({ final });
    if (!judged) return inTransaction((tx) => fail(tx, one, codes, end));
    const verification = isLast(one, codes, end) ? ordered(one, judged) : judged.verification;
    const outcome = {
      ...one.outcome,
      models: judged.models,
      ...(judged.outcome === 'NOT_RECOGNIZED' ? { otherPerson: true as const } : {}),
    };
    const write = (tx: Tx) => fail(tx, { ...one, outcome }, codes, { ...end, verification });
    return judged.record(write, { id: verification });
  }

  return { fail, refuse };
}

export type Fail = ReturnType<typeof createFail>;
