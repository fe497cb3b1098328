import type { CheckResult } from './apply-rule.ts';

/** Sum of weight * score over sum of weight, of the checks that ran; 0 when none with a weight ran. */
export function composite(results: readonly CheckResult[]): number {
  let weights = 0;
  let sum = 0;
  for (const { weight, score, skipped } of results) {
    if (skipped !== undefined) continue;
    weights += weight;
    sum += weight * score;
  }
  return weights > 0 ? Math.min(1, sum / weights) : 0;
}
