import type { Actor } from '../../audit/index.ts';
import type { LiveSessions } from './live-sessions.ts';
import { FRAMES_KEPT, MOST_ATTEMPTS } from './parts.ts';
import type { RecordingParts } from './record-session.ts';
import { outcomeOf, type SessionRow, type StoredOutcome } from './session-store.ts';

/** Sessions decided in one round; the next round takes the others. */
const AT_ONCE = 200;

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
  const { store, frames, movements, clock, inTransaction, log } = parts;
  const interrupt = createInterrupt(parts);

  return {
    async expireDue(): Promise<number> {
      await live.tendAll();
      let decided = 0;
      let page = await store.due(clock.now(), AT_ONCE);
      for (;;) {
        for (const row of page.rows) {
          if (live.isDeciding(row.id)) continue;
          try {
            if (!(await expire(row))) continue;
            live.drop(row.id);
            decided++;
          } catch (error) {
            // The others are not to wait for this one.
            log.error({ error, session: row.id }, 'a session could not be ended');
          }
        }
        if (!page.next || decided >= AT_ONCE) break;
        page = await store.due(clock.now(), AT_ONCE, page.next);
      }
      const before = clock.now() - FRAMES_KEPT;
      await inTransaction(async (tx) => {
        await frames.removeOld(tx, before, 10 * AT_ONCE);
        await movements.removeOld(tx, before, AT_ONCE);
      });
      return decided;
    },

    /** The challenge of an attempt was in the memory of the process that stopped: the attempt is used, the session goes on. */
    async takeOver(): Promise<number> {
      let taken = 0;
      for (const row of await store.running()) {
        try {
          await interrupt(row);
          taken++;
        } catch (error) {
          // The service starts all the same.
          log.error({ error, session: row.id }, 'an interrupted attempt could not be ended');
        }
      }
      return taken;
    },
  };
}

function createInterrupt({ record, sealed, inTransaction }: RecordingParts) {
  return async function interrupt(row: SessionRow): Promise<unknown> {
    if (row.attempts < MOST_ATTEMPTS) return inTransaction((tx) => record.attemptLost(tx, row));
    const opened = await sealed.whole(row);
    const before = outcomeOf(row);
    return inTransaction((tx) =>
      record.decided(tx, row, opened, {
        decision: 'rejected',
        outcome: { ...before, reasons: [...before.reasons, 'INTERRUPTED'] },
        actor: appliance,
      }),
    );
  };
}
