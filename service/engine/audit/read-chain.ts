import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from '../../storage/transaction.ts';
import { readCheckpoints, readLines, readOldestCheckpoint, readOutside } from './audit-store.ts';
import type { Checkpoint, OutsideLine, StoredLine } from './chain.ts';

export type ChainRecord =
  | { is: 'outside'; line: OutsideLine }
  | { is: 'anchor'; checkpoint: Checkpoint }
  | { is: 'line'; line: StoredLine }
  | { is: 'checkpoint'; checkpoint: Checkpoint };

const PAGE = 250;
/** Records looked at before others get a turn: a signature takes a tenth of a millisecond, a line a hundredth. */
const RECORDS_PER_TURN = 64;

/**
 * A chain up to line `until`, in the order in which it is verified: in the first chain lines from before the chain, the anchor if lines were
 * pruned, then every line with its checkpoint behind it. A page at a time; others get turns in between.
 */
export async function* readChain(db: Db, chain: string, until: number): AsyncGenerator<ChainRecord> {
  let seen = 0;
  async function giveWay() {
    if (++seen % RECORDS_PER_TURN === 0) await turn();
  }
  for (let after = ''; chain === ''; ) {
    const page = await readOutside(db, { after, limit: PAGE });
    for (const line of page) {
      yield { is: 'outside', line };
      await giveWay();
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!.id;
  }
  const oldest = await readOldestCheckpoint(db, chain);
  let at = 0;
  if (oldest?.kind === 'prune') {
    yield { is: 'anchor', checkpoint: oldest };
    at = oldest.seq;
  }
  let checked = at;
  for (let after = at; ; ) {
    const page = await readLines(db, chain, { after, until, limit: PAGE });
    const last = page.length < PAGE ? until : page.at(-1)!.seq;
    const checkpoints = await readCheckpoints(db, chain, checked, last);
    checked = last;
    let next = 0;
    for (const line of page) {
      yield { is: 'line', line };
      await giveWay();
      while (next < checkpoints.length && checkpoints[next]!.seq <= line.seq) {
        yield { is: 'checkpoint', checkpoint: checkpoints[next++]! };
        await giveWay();
      }
    }
    for (; next < checkpoints.length; next++) yield { is: 'checkpoint', checkpoint: checkpoints[next]! };
    if (page.length < PAGE) return;
    after = page.at(-1)!.seq;
  }
}
