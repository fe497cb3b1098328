const TRIES = 10;

/** Milliseconds to add to `performance.now()` of this process for the clock that all processes of the machine share (`process.hrtime`, CLOCK_MONOTONIC). */
export function sharedClockOffset(): number {
  let found = { within: Number.POSITIVE_INFINITY, offset: 0 };
  // A process that is set aside between two looks at its clocks would be off by as long: the nearest looks count.
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const within = performance.now() - before;
    if (within < found.within) found = { within, offset: shared - before - within / 2 };
  }
  return found.offset;
}
