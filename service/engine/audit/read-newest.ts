import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from '../../storage/transaction.ts';
import { type LineFilter, readHead, readMatching } from './audit-store.ts';
import type { StoredLine } from './chain.ts';

/** Lines read in one query: on SQLite other requests wait meanwhile. */
const WINDOW = 5_000;

/** The newest `limit` lines up to `until` that fit, oldest first; backwards through the log until there are enough. */
export async function readNewest(
  db: Db,
  filter: LineFilter,
  { until, limit }: { until: number; limit: number },
): Promise<StoredLine[]> {
  const found: StoredLine[][] = [];
  let missing = limit;
  for (let top = until; top > 0 && missing > 0; top -= WINDOW) {
    const lines = await readMatching(db, filter, { after: top - WINDOW, until: top, limit: missing });
    found.unshift(lines);
    missing -= lines.length;
    await turn();
  }
  return found.flat();
}

/** The matching lines after `after`, and the last line read. */
export async function readNext(
  db: Db,
  filter: LineFilter,
  after: number,
): Promise<{ lines: StoredLine[]; until: number }> {
  const until = Math.min((await readHead(db)).seq, after + WINDOW);
  if (until <= after) return { lines: [], until: after };
  return { lines: await readMatching(db, filter, { after, until, limit: WINDOW }), until };
}
