import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { createMinuteWindows } from './minute-windows.ts';
import { monthOf } from './month.ts';
import { reaches, SLOT, take, usedIn, WINDOW, waitFor, windowAt } from './rate-window.ts';
import { createUnwrittenCounts } from './unwritten-counts.ts';
import { deleteCounter, deleteMinutes, deleteMonth, selectCounts } from './usage-store.ts';

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

const monthName = (name: string) => `month/${name}`;

async function deleteOldMonths(db: Db, months: Map<string, Map<number, number>>): Promise<void> {
  for (const [name, periods] of months) {
    const old = [...periods.keys()].toSorted((a, b) => b - a).slice(MONTHS);
    for (const period of old) {
      await deleteMonth(db, monthName(name), period);
      periods.delete(period);
    }
  }
}

export function createUsage({ db, inTransaction, log, clock, steady, most = 20_000 }: UsageDeps): Usage {
  const minutes = createMinuteWindows(most);
  const months = new Map<string, Map<number, number>>();
  /** Minutes that are over or forgotten need not be written any more: nothing piles up while the disk is full. */
  const unwritten = createUnwrittenCounts({
    inTransaction,
    log,
    clock,
    stillCounts: ({ name, period }) =>
      name.startsWith('month/') || (reaches(period, steady.now()) && minutes.has(name)),
    written: sweepWhenDue,
  });
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
    minutes.deleteEmpty(now);
    await deleteMinutes(db, now - WINDOW - SLOT, now + WINDOW);
    await deleteOldMonths(db, months);
    swept = now;
    litter = minutes.size() > 0;
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
      for (const [name, slots] of windows) {
        const sorted = slots.toSorted((a, b) => a.start - b.start);
        const window = windowAt(sorted, now);
        if (window.length === 0) continue;
        minutes.set(name, window);
        for (const { start, used } of window) unwritten.add({ name, period: start, used });
      }
    },
    wait: (name, limit) => waitFor(minutes.of(name), steady.now(), limit),
    count(name) {
      const window = take(minutes.of(name), steady.now());
      minutes.set(name, window);
      const { start, used } = window.at(-1)!;
      unwritten.add({ name, period: start, used });
    },
    countedLastMinute(name) {
      const now = steady.now();
      return usedIn(minutes.of(name).filter(({ start }) => reaches(start, now)));
    },
    month: (name) => months.get(name)?.get(monthOf(clock.now()).start) ?? 0,
    countMonth(name, amount, period = monthOf(clock.now()).start) {
      const periods = monthsOf(name);
      const used = Math.max(0, (periods.get(period) ?? 0) + amount);
      periods.set(period, used);
      unwritten.add({ name: monthName(name), period, used });
      return period;
    },
    flush: unwritten.flush,
  };
}
