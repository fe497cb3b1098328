import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type JobKind, jobKinds } from './job.ts';
import { deleteJobs, endedJobs } from './job-store.ts';

const DAY = 24 * 60 * 60_000;
/** Number of done or dead jobs kept of a recurring kind. */
const KEPT_RECURRING = 100;
const KEPT_DONE = 10_000;
const DAYS_DONE = 7;
/** Dead jobs of other kinds are kept longer, for diagnosis. */
const DAYS_DEAD = 90;
const PAGE = 100;

/** Removes jobs that ended long ago, page by page. */
export async function pruneJobs({
  db,
  inTransaction,
  clock,
  recurs,
  until,
}: {
  db: Db;
  inTransaction: InTransaction;
  clock: Clock;
  recurs: (kind: JobKind) => boolean;
  /** Stops between two pages. */
  until: () => boolean;
}): Promise<number> {
  let removed = 0;
  for (const kind of jobKinds) {
    for (const state of ['done', 'dead'] as const) {
      const term = clock.now() - (state === 'done' ? DAYS_DONE : DAYS_DEAD) * DAY;
      const rule = recurs(kind)
        ? { before: Number.MIN_SAFE_INTEGER, keep: KEPT_RECURRING }
        : { before: term, keep: state === 'done' ? KEPT_DONE : Number.MAX_SAFE_INTEGER };
      for (;;) {
        if (until()) return removed;
        const ids = await endedJobs(db, { kind, state }, { ...rule, limit: PAGE });
        if (ids.length === 0) break;
        await inTransaction((tx) => deleteJobs(tx, ids));
        removed += ids.length;
        await setImmediate();
      }
    }
  }
  return removed;
}
