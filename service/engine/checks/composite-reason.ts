import type { CheckResult } from './apply-rule.ts';
import { checkNamed } from './registered-checks.ts';

/** The result that lowered the composite most. */
export const lowestOf = (results: readonly CheckResult[]): CheckResult | undefined =>
  results
    .filter(({ skipped, weight }) => skipped === undefined && weight > 0)
    .toSorted((a, b) => a.score - b.score || b.weight - a.weight)[0];

/** Why a composite below the minimum refuses: what scored lowest, for the person. Figures would help to climb to the minimum. */
export function compositeReason(results: readonly CheckResult[]): string {
  const lowest = lowestOf(results);
  if (lowest === undefined) return 'The combined score of the checks is below the minimum of the profile.';
  const { sentence, sentenceFirst } = checkNamed(lowest.check);
  return sentenceFirst ? sentence : (lowest.reason ?? sentence);
}
