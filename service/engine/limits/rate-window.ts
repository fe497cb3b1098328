import {
  countOne,
  reaches as reachesIn,
  type SlidingWindow,
  usedIn,
  windowAt as windowIn,
} from '../../lib/sliding-window.ts';

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
