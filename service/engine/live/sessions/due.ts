import { setImmediate as turn } from 'node:timers/promises';
import { isElsewhere } from '../../../storage/runs.ts';
import type { Actor } from '../../audit/index.ts';
import type { LiveSessions } from './live-sessions.ts';
import { FRAMES_KEPT, MOST_ATTEMPTS } from './parts.ts';
import type { RecordingParts } from './record-session.ts';
import { outcomeOf, type SessionRow, type StoredOutcome } from './session-store.ts';

/** Milliseconds after which a run leaves the others to the next, which begins anew with those of the live world. */
const LONGEST_RUN = 60_000;

/** Rows of one transaction of a sweep. */
const REMOVED = 500;

const appliance: Actor = { is: 'appliance', task: 'sessions' };

/** Decides a session whose time is over. False where it is not, or it is decided already. */
export function createExpire({ store, sealed, clock, record, inTransaction }: RecordingParts) {
  return function expire({ id }: SessionRow): Promise<boolean> {
    return inTransaction(async (tx) => {
      // As it is now: an attempt that ended meanwhile may have left it to a reviewer.
      const row = await store.byId(id, tx);
      if (!row || !isDue(row, clock.now())) return false;
      // Of a review that was not decided in time.
      const held = row.held_until !== null;
      const before = outcomeOf(row);
      return record.decided(tx, row, await sealed.whole(row), {
        decision: held ? undecidedOf(before) : 'expired',
        outcome: { ...before, reasons: [...before.reasons, held ? 'REVIEW_TIMED_OUT' : 'TIME_OVER'] },
        actor: appliance,
        ...verificationOf(row, held),
      });
    });
  };
}

/** Of a review that was not decided in time. */
const undecidedOf = ({ waits }: StoredOutcome) => (waits === undefined ? 'duplicate' : 'rejected');

const isDue = ({ decision, expires_at, held_until }: SessionRow, now: number): boolean =>
  decision === null && expires_at <= now && (held_until === null || held_until <= now);

/** The verification of a session that is held was written. */
export const verificationOf = ({ verification }: SessionRow, held: boolean) =>
  held && verification !== null ? { verification: verification as never } : {};

/** What time decides, and what a stopped process left. */
export function createDue(
  parts: RecordingParts,
  { live, expire }: { live: LiveSessions; expire(row: SessionRow): Promise<boolean> },
) {
  const { db, store, frames, movements, clock, inTransaction, log, runs } = parts;
  const interrupt = createInterrupt(parts);

  /** The challenge of an attempt was in the memory of a run that lives no more: the attempt is used, the session goes on. */
  async function takeOver(): Promise<number> {
    let taken = 0;
    // First: one that begins to live meanwhile is not among the rows.
    const rows = await store.running();
    const living = rows.length > 0 ? await runs.living(db) : new Set<string>();
    for (const row of rows) {
      if (row.running_by !== null && living.has(row.running_by)) continue;
      try {
        await interrupt(row);
        taken++;
      } catch (error) {
        // The service starts all the same.
        log.error({ error, session: row.id }, 'an interrupted attempt could not be ended');
      }
    }
    return taken;
  }

  return {
    takeOver,
    async expireDue(signal?: AbortSignal): Promise<number> {
      await live.maintainAll();
      await takeOver();
      const began = clock.now();
      let decided = 0;
      for await (const rows of store.due(began, () => clock.now() - began < LONGEST_RUN)) {
        if (signal?.aborted) break;
        // After the rows: one that begins to live meanwhile has none of them.
        const living = await runs.living(db);
        for (const row of rows) {
          // The run that has its attempt may be deciding it.
          if (live.isDeciding(row.id) || isElsewhere(row.running_by, runs.own, living)) continue;
          try {
            if (!(await expire(row))) continue;
            live.drop(row.id);
            decided++;
          } catch (error) {
            // The others are not to wait for this one.
            log.error({ error, session: row.id }, 'a session could not be ended');
          } finally {
            await turn();
          }
        }
      }
      return decided;
    },
    async sweep(signal?: AbortSignal): Promise<void> {
      const before = clock.now() - FRAMES_KEPT;
      for (const kept of [frames, movements])
        while (
          (await inTransaction((tx) => kept.removeOld(tx, before, REMOVED))) === REMOVED &&
          !signal?.aborted
        )
          await turn();
    },
  };
}

function createInterrupt({ store, record, sealed, inTransaction, node }: RecordingParts) {
  return async function interrupt(row: SessionRow): Promise<unknown> {
    // Among several nodes an attempt that a lost one had begun is not counted.
    const isOver = !node && row.attempts >= MOST_ATTEMPTS;
    const opened = isOver ? await sealed.whole(row) : undefined;
    const before = outcomeOf(row);
    return inTransaction(async (tx) => {
      const now = await store.byId(row.id, tx);
      // The person began another attempt meanwhile, at a run that lives.
      if (now?.running_by !== row.running_by) return;
      if (!opened) return record.attemptLost(tx, row);
      await record.decided(tx, row, opened, {
        decision: 'rejected',
        outcome: { ...before, reasons: [...before.reasons, 'INTERRUPTED'] },
        actor: appliance,
      });
    });
  };
}
