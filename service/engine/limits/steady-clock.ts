import type { Clock } from '../../lib/clock.ts';

/**
 * Begins with the time of day and then goes at an even pace, whatever becomes of the machine's clock. `elapsed` gives
 * milliseconds that only ever grow.
 */
export function createSteadyClock(clock: Clock, elapsed: () => number = () => performance.now()): Clock {
  const begun = clock.now() - elapsed();
  return { now: () => Math.floor(begun + elapsed()) };
}
