import type { Actor } from '../audit/index.ts';
import type { Attempts } from './attempts/create-attempts.ts';
import type { Rooms } from './attempts/rooms.ts';
import { createDecide } from './decide.ts';
import { FRAMES_KEPT, MOST_ATTEMPTS, type SessionParts } from './parts.ts';
import { outcomeOf, type SessionRow } from './session-store.ts';

/** Sessions of one round; the next round takes the others. */
const AT_ONCE = 200;

const appliance: Actor = { is: 'appliance', task: 'sessions' };

/** Decides a session whose time is over. */
export function createExpire(parts: SessionParts) {
  const { sealed, inTransaction } = parts;
  const decide = createDecide(parts);
  return async function expire(row: SessionRow): Promise<void> {
    const opened = await sealed.whole(row);
    // Of a review that was not decided in time.
    const held = row.held_until !== null;
    const before = outcomeOf(row);
    await inTransaction((tx) =>
      decide(tx, row, opened, {
        decision: held ? 'duplicate' : 'expired',
        outcome: { ...before, reasons: [...before.reasons, held ? 'REVIEW_TIMED_OUT' : 'TIME_OVER'] },
        actor: appliance,
        ...verificationOf(row, held),
      }),
    );
  };
}

/** The verification of a session that is held was written. */
export const verificationOf = ({ verification }: SessionRow, held: boolean) =>
  held && verification !== null ? { verification: verification as never } : {};

/** What time decides, and what a stopped process left. */
export function createDue(
  parts: SessionParts,
  { rooms, attempts, expire }: { rooms: Rooms; attempts: Attempts; expire(row: SessionRow): Promise<void> },
) {
  const { store, frames, movements, sealed, clock, inTransaction, log } = parts;
  const decide = createDecide(parts);

  return {
    async expireDue(): Promise<number> {
      await attempts.tendAll();
      let decided = 0;
      for (const row of await store.due(clock.now(), AT_ONCE)) {
        if (rooms.get(row.id)?.finishing) continue;
        try {
          await expire(row);
          attempts.drop(row.id);
          decided++;
        } catch (error) {
          // The others are not to wait for this one.
          log.error({ error, session: row.id }, 'a session could not be ended');
        }
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
      const rows = await store.running();
      for (const row of rows) {
        if (row.attempts < MOST_ATTEMPTS) {
          await inTransaction((tx) => store.changeUndecided(tx, row.id, { running_since: null }));
          continue;
        }
        const opened = await sealed.whole(row);
        const before = outcomeOf(row);
        await inTransaction((tx) =>
          decide(tx, row, opened, {
            decision: 'rejected',
            outcome: { ...before, reasons: [...before.reasons, 'INTERRUPTED'] },
            actor: appliance,
          }),
        );
      }
      return rows.length;
    },
  };
}
