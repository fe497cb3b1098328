import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

/**
 * Milliseconds from the beginning of one group to that of the next. Measured at 2,000 verdicts a second on disk, against a group for each
 * millisecond: 8 % less of the core at 3 ms, and no less at 4 ms; the median of the answers grows by 1.3 ms (2026-11-23, docs/BEHAVIOR.md).
 */
export const APART = 3;

/**
 * Waits until the next group may begin. Where none began just before, that is as soon as the requests that were read together have added
 * theirs: one change alone waits for no timer.
 * @param now milliseconds of a clock that is never set
 */
export function createGroupPace(
  now: () => number = () => performance.now(),
  wait: (milliseconds: number) => Promise<unknown> = delay,
): () => Promise<void> {
  let begun = Number.NEGATIVE_INFINITY;
  return async () => {
    const left = Math.round(begun + APART - now());
    if (left > 0) await wait(left);
    else await turn();
    begun = now();
  };
}
