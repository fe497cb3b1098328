/** Half of this per decade: one decade better than asked gives 0.76, two 0.91, four 0.99. */
const STEEPNESS = 0.5;

/**
 * How sure a match is, 0..1: a fixed map of its false-match rate against the one at the threshold, both as log10.
 * Exactly 0.5 at the threshold, rising as the match's rate falls.
 */
export function confidence(logRate: number, logThresholdRate: number): number {
  return 1 / (1 + 10 ** (STEEPNESS * (logRate - logThresholdRate)));
}
