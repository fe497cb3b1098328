import type { Clock } from '../../../lib/clock.ts';
import {
  countOne,
  reaches as reachesIn,
  type SlidingWindow,
  usedIn,
  windowAt as windowIn,
} from '../../../lib/sliding-window.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  type Count,
  deleteCounter,
  deleteMinutes,
  deleteMonth,
  selectCounts,
  writeCounts,
} from './usage-store.ts';

/** Milliseconds that a limit "per minute" looks back. */
export const WINDOW = 60_000;
/** Milliseconds that are counted together: a use is forgotten up to this much later than a minute after it. */
export const SLOT = 5_000;
/** Slots of a window, at most: each that may still reach into the minute, and the current one. */
export const MOST_SLOTS = WINDOW / SLOT + 2;
const size = { length: WINDOW, slot: SLOT };

export const reaches = (start: number, now: number): boolean => reachesIn(start, now, size);

export const windowAt = (window: SlidingWindow, now: number): SlidingWindow => windowIn(window, now, size);

/** One more use, at `now`. */
export const take = (window: SlidingWindow, now: number): SlidingWindow => countOne(window, now, size);

/** Milliseconds until one more use keeps to `most` in any minute; 0 when it does now. */
export function waitFor(window: SlidingWindow, now: number, most: number): number {
  const counted = windowAt(window, now);
  let rest = usedIn(counted);
  if (rest < most) return 0;
  for (const { start, used } of counted) {
    rest -= used;
    if (rest < most) return start + SLOT + WINDOW - now;
  }
  // A limit of none at all.
  return WINDOW + SLOT;
}

export interface UsageDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'log'> {
  /** The time of day: which month it is. */
  clock: Clock;
  /** Goes at an even pace: minutes. */
  steady: Clock;
  /** Names of one group that are held at most; where there are more, those that were counted longest ago are forgotten. */
  most?: number;
}

/** Counts by name: in the minutes that pass, and in months. */
export interface Usage extends Months {
  /** Loads the counts of an earlier process; call it before counting. */
  load(): Promise<void>;
  /** Milliseconds until one more may be counted under this name; 0: now. */
  wait(name: string, most: number): Promise<number>;
  count(name: string): void;
  /** As `wait`, and counts where it is 0: of many at once, no more than `most`. */
  countUpTo(name: string, most: number): Promise<number>;
  /** What is left of `most` in this minute, and milliseconds until some of what was used is given back. */
  left(name: string, most: number): { left: number; reset: number };
  /** Forgets one name, in memory and in the table. */
  forget(name: string): Promise<void>;
  /** Never throws: what cannot be written stays to be written, and is logged once. */
  flush(): Promise<void>;
}

/** Of the month, UTC. */
export interface Months {
  /** Counts one more under each name, or none where one has reached its limit. */
  take(counted: readonly MonthlyLimit[]): Promise<Taken>;
  /** What was taken in the month that begins at `period`. */
  giveBack(names: readonly string[], period: number): void;
  /** Under each name in the month that it is. */
  usedInMonth(names: readonly string[]): Promise<number[]>;
}

export interface MonthlyLimit {
  name: string;
  limit: number | undefined;
}

export interface Taken {
  /** Start of the month. */
  period: number;
  /** With this one, in the order of the names. */
  used: number[];
  /** Index of the first name whose limit is reached: nothing was counted. */
  over?: number;
}

/** Whether one more fits under each limit, where so many are used. */
export function takenOf(counted: readonly MonthlyLimit[], before: readonly number[], period: number): Taken {
  const over = counted.findIndex(({ limit }, i) => limit !== undefined && before[i]! >= limit);
  return over === -1 ? { period, used: before.map((used) => used + 1) } : { period, used: [...before], over };
}

/** Months of one counter that are kept: by their number and not their age, so that no wrong clock deletes the right month. */
export const MONTHS = 13;

/** Names that come in thousands a second: of people, users and visitors. */
const isOfMany = (name: string): boolean => /^(person|user|from|visitor)\//.test(name);

/**
 * Those of one organization and world, or of one key, count apart from others (`user/org_…/live/…`): the group is all but the last part. Of
 * other names (`burst/…`) all of one kind are a group.
 */
export const groupOf = (name: string): string =>
  name.slice(0, isOfMany(name) ? name.lastIndexOf('/') : name.indexOf('/'));

/** What is left of `most`, and milliseconds until some of what was used is given back. */
export function leftOf(window: SlidingWindow, now: number, most: number): { left: number; reset: number } {
  const counted = windowAt(window, now);
  const [oldest] = counted;
  return {
    left: Math.max(0, most - usedIn(counted)),
    reset: oldest ? oldest.start + SLOT + WINDOW - now : 0,
  };
}

/** Four thousand new names a second, for as long as they count. */
export const MOST = 4_000 * ((WINDOW + SLOT) / 1000);

/**
 * Uses within a minute from which on a counter is written: most users are asked about once, and a row for each of them costs as much as
 * the answer. A process that ends forgets that one.
 */
export const leastWritten = (name: string): number => (isOfMany(name) ? 2 : 1);

/** The slots of a window whose newest was counted just now that the table does not hold as they are; with the second use, that of the first too. */
function toWrite(name: string, window: SlidingWindow): SlidingWindow {
  const all = usedIn(window);
  const least = leastWritten(name);
  return all < least ? [] : all === least ? window : window.slice(-1);
}

/** Those of a counter that an earlier process wrote; `isWritten`: the table has them as they are. */
function slotsThatCount(name: string, written: SlidingWindow, now: number) {
  const sorted = written.toSorted((a, b) => a.start - b.start);
  return windowAt(sorted, now).map((slot) => ({ name, slot, isWritten: sorted.includes(slot) }));
}

export const monthName = (name: string) => `month/${name}`;

async function deleteOldMonths(db: Db, months: Map<string, Map<number, number>>): Promise<void> {
  for (const [name, periods] of months) {
    const old = [...periods.keys()].toSorted((a, b) => b - a).slice(MONTHS);
    for (const period of old) {
      await deleteMonth(db, monthName(name), period);
      periods.delete(period);
    }
  }
}

/**
 * Counters in memory, written together by `flush`: of the one service of a database. A process that is killed loses what was counted since
 * the last flush; one that ends well loses nothing.
 */
export function createUsage(deps: UsageDeps): Usage {
  const { db, inTransaction, clock, steady, most = MOST } = deps;
  const minutes = createMinuteCounts(groupOf, most);
  const months = new Map<string, Map<number, number>>();
  /** Minutes that are over or forgotten need not be written any more: nothing piles up while the disk is full. */
  const stillCounts = ({ name, period }: Count) =>
    name.startsWith('month/') || (reaches(period, steady.now()) && minutes.has(name));
  const unwritten = createUnwrittenCounts(deps, stillCounts, sweepWhenDue);
  /** The table may hold minutes that are over. */
  let litter = false;
  let swept = steady.now();

  function monthsOf(name: string): Map<number, number> {
    const found = months.get(name) ?? new Map<number, number>();
    months.set(name, found);
    return found;
  }

  async function sweepWhenDue(counts: number): Promise<void> {
    litter ||= counts > 0;
    const now = steady.now();
    if (!litter || now - swept < WINDOW) return;
    minutes.tidy(now);
    await deleteMinutes(inTransaction, now - WINDOW - SLOT, now + WINDOW);
    await deleteOldMonths(db, months);
    swept = now;
    litter = !minutes.isEmpty;
  }

  const inMonth = (name: string, period: number) => months.get(name)?.get(period) ?? 0;

  function addToMonth(name: string, amount: number, period: number): void {
    const used = Math.max(0, inMonth(name, period) + amount);
    monthsOf(name).set(period, used);
    unwritten.add({ name: monthName(name), period, used });
  }

  function count(name: string, now: number): void {
    const window = minutes.count(name, now);
    for (const { start, used } of toWrite(name, window)) unwritten.add({ name, period: start, used });
  }

  return {
    async forget(name) {
      minutes.delete(name);
      await unwritten.forget(name);
      await deleteCounter(db, name);
    },
    async load() {
      const now = steady.now();
      const windows = new Map<string, { start: number; used: number }[]>();
      for (const { name, period, used } of await selectCounts(db)) {
        if (name.startsWith('month/')) monthsOf(name.slice('month/'.length)).set(period, used);
        else windows.set(name, [...(windows.get(name) ?? []), { start: period, used }]);
      }
      litter ||= windows.size > 0;
      const restored = [...windows].flatMap(([name, slots]) => slotsThatCount(name, slots, now));
      for (const { name, slot, isWritten } of restored.toSorted((a, b) => a.slot.start - b.slot.start)) {
        minutes.restore(name, slot);
        if (!isWritten) unwritten.add({ name, period: slot.start, used: slot.used });
      }
    },
    wait: async (name, limit) => waitFor(minutes.of(name), steady.now(), limit),
    count: (name) => count(name, steady.now()),
    async countUpTo(name, limit) {
      const now = steady.now();
      const wait = waitFor(minutes.of(name), now, limit);
      if (wait === 0) count(name, now);
      return wait;
    },
    left: (name, limit) => leftOf(minutes.of(name), steady.now(), limit),
    async take(counted) {
      const { start } = monthOf(clock.now());
      const taken = takenOf(
        counted,
        counted.map(({ name }) => inMonth(name, start)),
        start,
      );
      if (taken.over === undefined) for (const { name } of counted) addToMonth(name, 1, start);
      return taken;
    },
    giveBack(names, period) {
      for (const name of names) addToMonth(name, -1, period);
    },
    usedInMonth: async (names) => names.map((name) => inMonth(name, monthOf(clock.now()).start)),
    flush: unwritten.flush,
  };
}

/** The newest counts until they are in the table. */
function createUnwrittenCounts(
  { inTransaction, log, clock }: UsageDeps,
  /** Whether a count that could not be written is tried again. */
  stillCounts: (count: Count) => boolean,
  /** After each write. */
  written: (counts: number) => Promise<void>,
) {
  let unwritten = new Map<string, Count>();
  let failing = false;
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    const counts = unwritten;
    unwritten = new Map();
    try {
      await writeCounts(inTransaction, [...counts.values()], clock.now());
      await written(counts.size);
      failing = false;
    } catch (error) {
      for (const [id, count] of counts)
        if (!unwritten.has(id) && stillCounts(count)) unwritten.set(id, count);
      if (!failing) log.warn({ error: String(error) }, 'usage could not be written; it is tried again');
      failing = true;
    }
  }

  return {
    add: (count: Count): void => void unwritten.set(`${count.period} ${count.name}`, count),
    /** Resolves when no write of this counter is under way; one that is would restore it. */
    async forget(name: string): Promise<void> {
      for (const [id, count] of unwritten) if (count.name === name) unwritten.delete(id);
      await running;
    },
    /** Never throws: what cannot be written stays to be written, and is logged once. */
    async flush(): Promise<void> {
      await running;
      running = write();
      await running;
    },
  };
}

/** Names that one use takes out where they are over, so that a group does not grow while others come. */
const TAKEN_OUT = 2;

/** `groupOf`: the group of a name. `most`: names of a group. */
export function createMinuteCounts(groupOf: (name: string) => string, most: number) {
  /** In each group the name that was counted last is the last. */
  const groups = new Map<string, Map<string, SlidingWindow>>();

  function put(name: string, window: SlidingWindow): void {
    const group = groupOf(name);
    const names = groups.get(group) ?? new Map<string, SlidingWindow>();
    groups.set(group, names);
    names.delete(name);
    names.set(name, window);
    if (names.size > most) names.delete(names.keys().next().value!);
  }

  function deleteOver(names: Map<string, SlidingWindow>, now: number, atMost: number): void {
    let left = atMost;
    for (const [name, window] of names) {
      if (left-- === 0 || reaches(window.at(-1)!.start, now)) return;
      names.delete(name);
    }
  }

  const of = (name: string): SlidingWindow => groups.get(groupOf(name))?.get(name) ?? [];

  return {
    /** The slots in which this name was counted. */
    of,
    has: (name: string): boolean => of(name).length > 0,
    /** One more at `now`; gives the slots that count then. Time only grows from one call to the next. */
    count(name: string, now: number): SlidingWindow {
      const names = groups.get(groupOf(name));
      if (names) deleteOver(names, now, TAKEN_OUT);
      const window = take(of(name), now);
      put(name, window);
      return window;
    },
    /** Counted by an earlier process; the oldest slots first. */
    restore: (name: string, slot: SlidingWindow[number]): void =>
      put(name, [...of(name).filter(({ start }) => start !== slot.start), slot]),
    /** The slots as they are known now. */
    put,
    delete: (name: string): void => void groups.get(groupOf(name))?.delete(name),
    /** Gives back the room of what is over. */
    tidy(now: number): void {
      for (const [group, names] of groups) {
        deleteOver(names, now, Number.POSITIVE_INFINITY);
        if (names.size === 0) groups.delete(group);
      }
    },
    get isEmpty(): boolean {
      return groups.size === 0;
    },
  };
}

/** The answer before: nearly always the same again. */
let last = { start: 0, end: 0 };

/** The calendar month, UTC, that holds a moment: its first millisecond, and that of the next. */
export function monthOf(now: number): { start: number; end: number } {
  if (now < last.start || now >= last.end) {
    const date = new Date(now);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    last = { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  }
  return last;
}
