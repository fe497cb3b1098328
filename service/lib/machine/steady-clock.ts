import type { Clock } from '../clock.ts';

/** Advances evenly, also when the machine's clock is set. */
export interface SteadyClock extends Clock {
  /** When it began, milliseconds since 1970: times of two that began at different moments do not compare. */
  readonly begun: number;
}

/** Begins with the time of day. `elapsed` gives milliseconds that only ever grow. */
export function createSteadyClock(
  clock: Clock,
  elapsed: () => number = () => performance.now(),
): SteadyClock {
  const begun = clock.now() - elapsed();
  return { begun, now: () => Math.floor(begun + elapsed()) };
}
