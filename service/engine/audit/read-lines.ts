import { setImmediate as turn } from 'node:timers/promises';
import { defined } from '../../lib/defined.ts';
import type { Db } from '../../storage/transaction.ts';
import type { Actor, AuditLine } from './audit.ts';
import {
  type LineFilter,
  readCheckpoints,
  readLines,
  readMatching,
  readOldestCheckpoint,
  readOutside,
} from './audit-store.ts';
import type { ChainLine, Checkpoint, OutsideLine, StoredLine } from './chain.ts';
import { readHeads } from './chains-store.ts';

/** Who asks, and in which request. */
export interface By {
  actor: Actor;
  request?: string;
}

/** Which lines; `node`: only of the chain of this node. */
type ReadFilter = LineFilter & { node?: string };

/**
 * Where a page goes on: in the only chain before a line; else in each chain at the last line that no page has had yet.
 */
export type PageBegin = number | readonly (readonly [chain: string, seq: number])[];

interface LinePage {
  /** The newest first: by time, at one time by chain. In a chain as they were written, whatever the clock said. */
  lines: ChainLine[];
  /** Of the next page; absent on the last. */
  next?: PageBegin;
}

export interface LineReading {
  /** Each page is itself a line of the log. */
  page(filter: ReadFilter & { before?: PageBegin; limit: number }, by: By): Promise<LinePage>;
  /** The newest lines that fit, oldest first, then each that is added, until `signal` is aborted; one line of the log in all. */
  follow(
    filter: ReadFilter & { limit: number },
    by: By & { signal: AbortSignal; pause: () => Promise<void> },
  ): AsyncIterable<ChainLine[]>;
}

/** Lines read in one query: on SQLite other requests wait meanwhile. */
const WINDOW = 5_000;

/** Each reading is itself a line of the log. */
export function createLineReading(db: Db, record: (line: AuditLine) => Promise<void>): LineReading {
  const recordRead = ({ organization, ...rest }: ReadFilter, by: By, details: Record<string, unknown>) =>
    record({ ...by, action: 'audit.read', ...defined({ organization }), details: { ...rest, ...details } });

  return {
    async page({ limit, before, ...filter }, by) {
      const ends = await readEnds(db);
      const begins = (before === undefined ? ends : beginsOf(before, ends)).filter(isWanted(filter));
      const found: ChainLine[][] = [];
      for (const [chain, until] of begins)
        found.push(await readNewest(db, chain, filter, { until, limit: limit + 1 }));
      const newest = mergeNewest(found);
      const lines = newest.slice(0, limit);
      await recordRead(filter, by, defined({ before, lines: lines.length }));
      return { lines, ...(newest.length > limit && { next: nextBegin(begins, lines) }) };
    },
    async *follow({ limit, ...filter }, { signal, pause, ...by }) {
      const read = new Map((await readEnds(db)).filter(isWanted(filter)));
      const found: ChainLine[][] = [];
      for (const [chain, until] of read) found.push(await readNewest(db, chain, filter, { until, limit }));
      await recordRead(filter, by, { follow: true });
      yield mergeNewest(found).slice(0, limit).reverse();
      while (!signal.aborted) {
        const added: ChainLine[][] = [];
        for (const [chain, end] of (await readEnds(db)).filter(isWanted(filter))) {
          const after = read.get(chain) ?? 0;
          const until = Math.min(end, after + WINDOW);
          if (until <= after) continue;
          added.push((await readMatching(db, chain, filter, { after, until, limit: WINDOW })).reverse());
          read.set(chain, until);
        }
        const lines = mergeNewest(added).reverse();
        if (lines.length > 0) yield lines;
        await pause();
      }
    },
  };
}

type Begins = readonly (readonly [chain: string, until: number])[];

const readEnds = async (db: Db): Promise<Begins> =>
  (await readHeads(db)).map(({ chain, seq }) => [chain, seq] as const);

/** Of the chains there are, each once and at its end at most, whatever a caller asks for. */
function beginsOf(before: PageBegin, ends: Begins): Begins {
  const asked = new Map(typeof before === 'number' ? [['', before - 1]] : before);
  return ends.map(([chain, end]) => [chain, Math.min(end, asked.get(chain) ?? 0)]);
}

const isWanted =
  ({ node }: ReadFilter) =>
  ([chain]: Begins[number]): boolean =>
    node === undefined || chain === node;

function nextBegin(begins: Begins, lines: readonly ChainLine[]): PageBegin {
  if (begins.every(([chain]) => chain === '')) return lines.at(-1)!.seq;
  const last = new Map(lines.map(({ chain, seq }) => [chain, seq - 1]));
  return begins.map(([chain, until]) => [chain, last.get(chain) ?? until]);
}

/** The newest `limit` lines of a chain up to `until` that fit, the newest first; backwards through it until there are enough. */
async function readNewest(
  db: Db,
  chain: string,
  filter: LineFilter,
  { until, limit }: { until: number; limit: number },
): Promise<ChainLine[]> {
  const found: ChainLine[] = [];
  for (let top = until; top > 0 && found.length < limit; top -= WINDOW) {
    const limits = { after: top - WINDOW, until: top, limit: limit - found.length };
    found.push(...(await readMatching(db, chain, filter, limits)).reverse());
    await turn();
  }
  return found;
}

/** Of lists, each the newest first, the one list. */
function mergeNewest(lists: readonly ChainLine[][]): ChainLine[] {
  const merged: ChainLine[] = [];
  const at = lists.map(() => 0);
  for (;;) {
    let next: number | undefined;
    for (const [list, lines] of lists.entries()) {
      const line = lines[at[list]!];
      if (line && (next === undefined || line.at > lists[next]![at[next]!]!.at)) next = list;
    }
    if (next === undefined) return merged;
    merged.push(lists[next]![at[next]!++]!);
  }
}

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
