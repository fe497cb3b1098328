import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from '../../../storage/transaction.ts';
import type { JobKind } from '../job.ts';
import { addedSince, lanesWaiting, newestSeq, type Waiting } from '../lease-store.ts';

/** Finds out where jobs wait, without reading them all. */
export interface FindWaiting {
  /** Every lane that has work, of each kind: one step of an index a lane. */
  scan(kinds: Iterable<JobKind>): Promise<void>;
  /** What was added since the last time, or since the first scan. */
  discover(): Promise<void>;
}

const PAGE = 2_000;
const LANES = 500;

export function createFindWaiting({ db, note }: { db: Db; note(where: Waiting): void }): FindWaiting {
  let seen: number | undefined;

  async function scanLanes(kind: JobKind, retry: boolean): Promise<void> {
    for (let after = ''; ; ) {
      const lanes = await lanesWaiting(db, kind, { retry, after, limit: LANES });
      for (const { lane, runAt } of lanes) note({ kind, lane, priority: 1, runAt, retry });
      if (lanes.length < LANES) return;
      after = lanes.at(-1)!.lane;
      await turn();
    }
  }

  return {
    async scan(kinds) {
      // Before the lanes are read: what is added meanwhile is found by its order.
      seen ??= await newestSeq(db);
      for (const kind of kinds) {
        for (const priority of [1, 2, 3]) note({ kind, lane: null, priority, runAt: 0, retry: false });
        await scanLanes(kind, false);
        await scanLanes(kind, true);
      }
    },
    async discover() {
      for (;;) {
        const { found, through } = await addedSince(db, seen ?? 0, PAGE);
        for (const where of found) note(where);
        if (through === undefined) return;
        seen = through;
        await turn();
      }
    },
  };
}
