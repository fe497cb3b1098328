import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { monthOf } from './month.ts';
import { type RateWindow, reaches, SLOT, take, usedIn, WINDOW, waitFor, windowAt } from './rate-window.ts';
import {
  type Count,
  deleteCounter,
  deleteMinutes,
  deleteMonth,
  selectCounts,
  writeCounts,
} from './usage-store.ts';

export interface UsageDeps {
  db: Db;
  inTransaction: InTransaction;
  log: Log;
  /** The time of day: which month it is. */
  clock: Clock;
  /** Goes at an even pace: minutes. */
  steady: Clock;
  /** Names of one kind (`burst/…`) counted by the minute that are held at most; the longest untouched one is forgotten. */
  most?: number;
}

/**
 * Counters in memory, written together by `flush`. A process that is killed loses what was counted since the last flush;
 * one that ends well loses nothing.
 */
export interface Usage {
  /** What an earlier process wrote; before anything is counted. */
  load(): Promise<void>;
  /** Milliseconds until one more may be counted under this name; 0: now. */
  wait(name: string, most: number): number;
  count(name: string): void;
  countedLastMinute(name: string): number;
  /** Used in the month that it is. */
  month(name: string): number;
  /** One more, or with -1 one less; in the month that it was counted in. Gives that month's start. */
  countMonth(name: string, amount: 1 | -1, period?: number): number;
  /** Of one name: in memory and in the table. */
  forget(name: string): Promise<void>;
  /** Never throws: what cannot be written stays to be written, and is logged once. */
  flush(): Promise<void>;
}

/** Months of one counter that are kept: by their number and not their age, so that no wrong clock deletes the right month. */
const MONTHS = 13;

export function createUsage({ db, inTransaction, log, clock, steady, most = 20_000 }: UsageDeps): Usage {
  /** By kind, so that a flood of one kind forgets nothing of another. */
  const minutes = new Map<string, Map<string, RateWindow>>();
  const months = new Map<string, Map<number, number>>();
  let unwritten = new Map<string, Count>();
  /** The table may hold minutes that are over. */
  let litter = false;
  let swept = steady.now();
  let failing = false;
  let running: Promise<void> | undefined;

  function minutesOf(name: string): Map<string, RateWindow> {
    const kind = name.slice(0, name.indexOf('/'));
    const found = minutes.get(kind) ?? new Map<string, RateWindow>();
    minutes.set(kind, found);
    return found;
  }
  const windowOf = (name: string) => minutesOf(name).get(name) ?? [];
  const note = (count: Count) => unwritten.set(`${count.period} ${count.name}`, count);
  const monthName = (name: string) => `month/${name}`;

  function monthsOf(name: string): Map<number, number> {
    const found = months.get(name) ?? new Map<number, number>();
    months.set(name, found);
    return found;
  }

  /** Minutes that are over or forgotten need not be written any more: nothing piles up while the disk is full. */
  const stillCounts = ({ name, period }: Count) =>
    name.startsWith('month/') || (reaches(period, steady.now()) && minutesOf(name).has(name));

  async function write(): Promise<void> {
    const counts = unwritten;
    unwritten = new Map();
    try {
      await writeCounts(inTransaction, [...counts.values()], clock.now());
      litter ||= counts.size > 0;
      if (litter && steady.now() - swept >= WINDOW) await sweep();
      failing = false;
    } catch (error) {
      for (const [id, count] of counts)
        if (!unwritten.has(id) && stillCounts(count)) unwritten.set(id, count);
      if (!failing) log.warn({ error: String(error) }, 'usage could not be written; it is tried again');
      failing = true;
    }
  }

  async function sweep(): Promise<void> {
    const now = steady.now();
    for (const windows of minutes.values()) {
      for (const [name, window] of windows) if (windowAt(window, now).length === 0) windows.delete(name);
    }
    await deleteMinutes(db, now - WINDOW - SLOT, now + WINDOW);
    for (const [name, periods] of months) {
      const old = [...periods.keys()].toSorted((a, b) => b - a).slice(MONTHS);
      for (const period of old) {
        await deleteMonth(db, monthName(name), period);
        periods.delete(period);
      }
    }
    swept = now;
    litter = [...minutes.values()].some(({ size }) => size > 0);
  }

  return {
    async forget(name) {
      minutesOf(name).delete(name);
      for (const [id, count] of unwritten) if (count.name === name) unwritten.delete(id);
      // One that is being written at this moment would come back.
      await running;
      await deleteCounter(db, name);
    },
    async load() {
      const now = steady.now();
      const windows = new Map<string, { start: number; used: number }[]>();
      for (const { name, period, used } of await selectCounts(db)) {
        if (name.startsWith('month/')) monthsOf(name.slice('month/'.length)).set(period, used);
        else windows.set(name, [...(windows.get(name) ?? []), { start: period, used }]);
      }
      for (const [name, slots] of windows) {
        litter = true;
        const window = windowAt(
          slots.toSorted((a, b) => a.start - b.start),
          now,
        );
        if (window.length === 0) continue;
        minutesOf(name).set(name, window);
        for (const { start, used } of window) note({ name, period: start, used });
      }
    },
    wait: (name, limit) => waitFor(windowOf(name), steady.now(), limit),
    count(name) {
      const now = steady.now();
      const windows = minutesOf(name);
      const window = take(windowOf(name), now);
      windows.delete(name);
      windows.set(name, window);
      const { start, used } = window.at(-1)!;
      note({ name, period: start, used });
      if (windows.size > most) windows.delete(windows.keys().next().value!);
    },
    countedLastMinute(name) {
      const now = steady.now();
      return usedIn(windowOf(name).filter(({ start }) => reaches(start, now)));
    },
    month: (name) => months.get(name)?.get(monthOf(clock.now()).start) ?? 0,
    countMonth(name, amount, period = monthOf(clock.now()).start) {
      const periods = monthsOf(name);
      const used = Math.max(0, (periods.get(period) ?? 0) + amount);
      periods.set(period, used);
      note({ name: monthName(name), period, used });
      return period;
    },
    async flush() {
      await running;
      running = write();
      await running;
    },
  };
}
