/** Milliseconds since 1970, UTC. Passed in, so that tests own the time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

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

/** Passed in, so that tests own the time. */
export interface Timer {
  /** Runs `work` once after so many milliseconds, unless what it gives is called before. Keeps no process alive. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemTimer: Timer = {
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
