import { usedIn } from '../../../lib/sliding-window.ts';
import { coalesce } from '../../../lib/turns.ts';
import { createSharedCounts, type SharedCounts, type SharedCountsDeps } from './shared-usage-store.ts';
import {
  createMinuteCounts,
  groupOf,
  leastWritten,
  leftOf,
  MONTHS,
  MOST,
  type Months,
  monthName,
  monthOf,
  reaches,
  SLOT,
  type Taken,
  takenOf,
  type Usage,
  type UsageDeps,
  WINDOW,
  waitFor,
  windowAt,
} from './usage.ts';
import { type Count, deleteCounter, deleteMinutes } from './usage-store.ts';

export interface SharedUsageDeps extends UsageDeps {
  node: SharedCountsDeps['node'];
}

/**
 * Counters of one node among several. Months with a limit are counted in the database before the answer: they are exact.
 *
 * Minutes are counted here and written as differences by `flush`, which reads back what all nodes have counted. In between a node takes
 * no more than its share of what was left then, and beyond it asks first. So `n` nodes together take at most `most` and `n - 1` shares of
 * `most / n`, at least one each: less than twice the limit, and that only of requests that come within one flush of each other; and of
 * users and visitors, whose first use is not written, one more at each other node.
 */
export function createSharedUsage({
  db,
  inTransaction,
  log,
  clock,
  steady,
  node,
  most = MOST,
}: SharedUsageDeps): Usage {
  const store = createSharedCounts({ db, node });
  /** Uses by all nodes as of the last look at each name, and those of this node since. */
  const minutes = createMinuteCounts(groupOf, most);
  /** Names whose only use is this node's and not written. */
  const hidden = new Set<string>();
  const unsynced = createDifferences();
  const months = createDifferences();
  let nodes = 1;
  let failing = false;
  let swept = steady.now();

  /** Uses that the other nodes cannot know of. */
  const ownOf = (name: string) => unsynced.of(name) + (hidden.has(name) ? 1 : 0);

  function count(name: string): void {
    const now = steady.now();
    const window = minutes.count(name, now);
    if (usedIn(window) < leastWritten(name)) hidden.add(name);
    else if (!expose(name)) unsynced.add({ name, period: window.at(-1)!.start, used: 1 });
  }

  /** Has the next flush write a name that was hidden; false where it was not. */
  function expose(name: string): boolean {
    if (!hidden.delete(name)) return false;
    for (const { start, used } of minutes.of(name)) unsynced.add({ name, period: start, used });
    return true;
  }

  /** Milliseconds until one more fits, 0 where this node knows that it does, and undefined where it has to ask. */
  function fit(name: string, limit: number): number | undefined {
    const window = windowAt(minutes.of(name), steady.now());
    const wait = waitFor(window, steady.now(), limit);
    if (wait > 0) return wait;
    const own = ownOf(name);
    const left = limit - usedIn(window) + own;
    return own < Math.max(1, Math.floor(left / nodes)) ? 0 : undefined;
  }

  async function waitAndDo(name: string, limit: number, whenFree: () => void): Promise<number> {
    for (;;) {
      const wait = fit(name, limit);
      if (wait === 0) whenFree();
      if (wait !== undefined) return wait;
      expose(name);
      await sync();
    }
  }

  async function write(): Promise<void> {
    const ofMinutes = unsynced.begin(
      ({ name, period }) => reaches(period, steady.now()) && minutes.has(name),
    );
    const ofMonths = months.begin(() => true);
    const all = [...ofMinutes.counts, ...ofMonths.counts];
    try {
      if (all.length > 0) await store.add(all, clock.now());
    } catch (error) {
      for (const one of [ofMinutes, ofMonths]) one.undo();
      throw error;
    }
    for (const one of [ofMinutes, ofMonths]) one.end();
    await readBack([...new Set(ofMinutes.counts.map(({ name }) => name))]);
    await sweepWhenDue();
  }

  async function readBack(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const read = await store.read(names, steady.now() - WINDOW - SLOT);
    nodes = read.nodes;
    const byName = Map.groupBy(read.counts, ({ name }) => name);
    for (const name of names) {
      const slots = new Map((byName.get(name) ?? []).map(({ period, used }) => [period, used]));
      for (const { period, used } of unsynced.countsOf(name))
        slots.set(period, (slots.get(period) ?? 0) + used);
      const window = [...slots]
        .map(([start, used]) => ({ start, used }))
        .toSorted((a, b) => a.start - b.start);
      if (window.length > 0) minutes.put(name, window);
      else minutes.delete(name);
    }
  }

  async function sweepWhenDue(): Promise<void> {
    const now = steady.now();
    if (now - swept < WINDOW) return;
    swept = now;
    minutes.tidy(now);
    for (const name of hidden) if (!minutes.has(name)) hidden.delete(name);
    // The clocks of nodes differ by some seconds.
    await deleteMinutes(inTransaction, now - WINDOW - 2 * SLOT, now + WINDOW);
    const [year, month] = [new Date(clock.now()).getUTCFullYear(), new Date(clock.now()).getUTCMonth()];
    await store.deleteMonthsBefore(Date.UTC(year, month - MONTHS + 1));
  }

  const sync = coalesce(write);
  return {
    async load() {
      nodes = await store.countNodes();
    },
    wait: (name, limit) => waitAndDo(name, limit, () => {}),
    count,
    countUpTo: (name, limit) => waitAndDo(name, limit, () => count(name)),
    left: (name, limit) => leftOf(minutes.of(name), steady.now(), limit),
    ...createSharedMonths({ clock }, { store, months, sync }),
    async forget(name) {
      minutes.delete(name);
      hidden.delete(name);
      unsynced.delete(name);
      await sync();
      await deleteCounter(db, name);
    },
    async flush() {
      try {
        await sync();
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error: String(error) }, 'usage could not be written; it is tried again');
        failing = true;
      }
    },
  };
}

interface Waiting {
  counted: Parameters<Months['take']>[0];
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

/** Requests that are decided together, at most. */
const TOGETHER = 256;

function createSharedMonths(
  { clock }: Pick<UsageDeps, 'clock'>,
  { store, months, sync }: { store: SharedCounts; months: Differences; sync: () => Promise<void> },
): Months {
  const waiting: Waiting[] = [];
  const thisMonth = () => monthOf(clock.now()).start;

  const decide = coalesce(async () => {
    const period = thisMonth();
    while (waiting.length > 0) {
      const group = waiting.splice(0, TOGETHER);
      const names = [...new Set(group.flatMap(({ counted }) => counted.map(({ name }) => name)))];
      try {
        const taken = await store.decide(names.map(monthName), period, {
          at: clock.now(),
          work: (used) =>
            group.map(({ counted }) => {
              const before = counted.map(({ name }) => used.get(monthName(name))!);
              const one = takenOf(counted, before, period);
              for (const [i, { name }] of counted.entries()) used.set(monthName(name), one.used[i]!);
              return one;
            }),
        });
        for (const [i, { resolve }] of group.entries()) resolve(taken[i]!);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
  });

  function add(names: readonly string[], used: number, period: number): void {
    for (const name of names) months.add({ name: monthName(name), period, used });
  }

  return {
    async take(counted) {
      if (counted.some(({ limit }) => limit !== undefined))
        return new Promise((resolve, reject) => {
          waiting.push({ counted, resolve, reject });
          void decide();
        });
      // Of no limit: what is used matters to none but who reads it later.
      const period = thisMonth();
      add(
        counted.map(({ name }) => name),
        1,
        period,
      );
      return { period, used: counted.map(() => 0) };
    },
    giveBack: (names, period) => add(names, -1, period),
    async usedInMonth(names) {
      await sync();
      const used = await store.used(names.map(monthName), thisMonth());
      return names.map((name) => used.get(monthName(name)) ?? 0);
    },
  };
}

type Differences = ReturnType<typeof createDifferences>;

/** Differences by name and period until they are written. */
function createDifferences() {
  let waiting = new Map<string, Map<number, number>>();
  let written = new Map<string, Map<number, number>>();

  const listOf = (all: typeof waiting, name: string): Count[] =>
    [...(all.get(name) ?? [])].map(([period, used]) => ({ name, period, used }));
  const sum = (counts: readonly Count[]) => counts.reduce((all, { used }) => all + used, 0);

  function add({ name, period, used }: Count): void {
    const periods = waiting.get(name) ?? new Map<number, number>();
    waiting.set(name, periods);
    periods.set(period, (periods.get(period) ?? 0) + used);
  }

  return {
    add,
    delete: (name: string) => void waiting.delete(name),
    /** Those that no write has begun with. */
    countsOf: (name: string) => listOf(waiting, name),
    /** Those being written too. */
    of: (name: string) => sum(listOf(waiting, name)) + sum(listOf(written, name)),
    /** Takes all for a write, less those that no longer count. */
    begin(counts: (count: Count) => boolean) {
      const all = [...waiting.keys()].flatMap((name) => listOf(waiting, name)).filter(counts);
      [written, waiting] = [waiting, new Map()];
      const end = () => {
        written = new Map();
      };
      return {
        counts: all.filter(({ used }) => used !== 0),
        end,
        undo() {
          end();
          for (const count of all) add(count);
        },
      };
    },
  };
}
