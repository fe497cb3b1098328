import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import { type Realm, realmKey } from '../../subjects/index.ts';
import type { OutcomeCount } from '../past-verifications-store.ts';

/** How verifications of one hour ended. Times are ms since 1970. */
export interface HourlyCount {
  from: number;
  counts: OutcomeCount[];
}

export interface HourlyCountsDeps {
  store: { count(realm: Realm, from: number, until: number): Promise<OutcomeCount[]> };
  clock: Clock;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What one query counts: few enough rows that it takes some milliseconds of the event loop at fifty verifications a second. */
const PART = 10 * MINUTE;
/** A verification is written when it has ended, under the time at which it began. */
const STILL_WRITTEN = 2 * MINUTE;
/** Counts are read again after this time: retention deletes what they counted. */
const KEPT = 10 * MINUTE;

/**
 * Counts by the hour, in parts between which other requests are answered. A part that is over is remembered, so that the next call
 * counts what has come since.
 */
export function createHourlyCounts({ store, clock }: HourlyCountsDeps) {
  const remembered = new Map<string, { at: number; counts: OutcomeCount[] }>();

  async function countPart(realm: Realm, from: number): Promise<OutcomeCount[]> {
    const key = `${realmKey(realm)}/${from}`;
    const now = clock.now();
    const known = remembered.get(key);
    if (known && Math.abs(now - known.at) < KEPT) return known.counts;
    const counts = await store.count(realm, from, from + PART);
    if (from + PART + STILL_WRITTEN < now) remembered.set(key, { at: now, counts });
    await pause();
    return counts;
  }

  function forgetOld(now: number): void {
    for (const [key, { at }] of remembered) if (Math.abs(now - at) >= KEPT) remembered.delete(key);
  }

  /** The last `hours` hours, the one that runs included, the oldest first. */
  return async function hourly(realm: Realm, hours: number): Promise<HourlyCount[]> {
    const now = clock.now();
    const last = Math.floor(now / HOUR) * HOUR;
    const counted: HourlyCount[] = [];
    for (let from = last - (hours - 1) * HOUR; from <= last; from += HOUR) {
      const parts: OutcomeCount[] = [];
      for (let part = from; part < from + HOUR && part <= now; part += PART)
        parts.push(...(await countPart(realm, part)));
      counted.push({ from, counts: sumOf(parts) });
    }
    forgetOld(now);
    return counted;
  };
}

/** One count for each outcome and deciding check, the most frequent first. */
export function sumOf(counts: readonly OutcomeCount[]): OutcomeCount[] {
  const groups = Map.groupBy(counts, ({ outcome, decidedBy = '' }) => `${outcome}/${decidedBy}`);
  return [...groups.values()]
    .map((same) => ({ ...same[0]!, count: same.reduce((sum, { count }) => sum + count, 0) }))
    .toSorted((a, b) => b.count - a.count || (a.outcome < b.outcome ? -1 : 1));
}
