/** Milliseconds to add to `performance.now()` of this process for the clock that all processes of the machine share (`process.hrtime`, CLOCK_MONOTONIC). */
export function sharedClockOffset(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
