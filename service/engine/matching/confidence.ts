/** Half of this per decade: one decade better than the 1:1 rate gives 0.76, two 0.91, four 0.99. */
const STEEPNESS = 0.5;

/**
 * How sure a match is, 0..1: a fixed map of its false-match rate against a profile's 1:1 rate, both as log10.
 * Exactly 0.5 at that rate, rising as the match's rate falls.
 */
export function confidence(logRate: number, logOneToOneRate: number): number {
  return 1 / (1 + 10 ** (STEEPNESS * (logRate - logOneToOneRate)));
}
