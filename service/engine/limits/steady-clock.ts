import type { Clock } from '../../lib/clock.ts';

/**
 * Begins with the time of day and then advances evenly, also when the machine's clock is set. `elapsed` gives
 * milliseconds that only ever grow.
 */
export function createSteadyClock(clock: Clock, elapsed: () => number = () => performance.now()): Clock {
  const begun = clock.now() - elapsed();
  return { now: () => Math.floor(begun + elapsed()) };
}
