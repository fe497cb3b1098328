import { gaps, median, sum } from './statistics.ts';

/** A gap above this is idleness: milliseconds. */
const IDLE = 800;

/** Group `glob` of `sessionData`, before rounding: pauses between events of every kind, the window's edges included. */
export function activityFeatures(from: number, to: number, times: Iterable<number>) {
  const idle = gaps([from, ...times, to]).filter((gap) => gap > IDLE);
  return {
    idleN: idle.length,
    idleMed: median(idle),
    act: to > from ? 1 - sum(idle) / (to - from) : 0,
  };
}
