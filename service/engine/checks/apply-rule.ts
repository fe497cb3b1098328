import type { CheckName, CheckResult } from './check.ts';
import type { ProfileDefinition } from './profile.ts';

export type Rule = ProfileDefinition['checks'][CheckName];

/** What a check module finds, before the profile's weight and threshold. */
export type Finding =
  | {
      score: number;
      /** A sentence, told when the check fails. */
      reason?: string;
      /** A sentence on what to do better, told whenever there is no such reason to tell. */
      advice?: string;
      details?: Record<string, unknown>;
    }
  | { skipped: string; details?: Record<string, unknown> };

/** The finding under the profile's rule. */
export function applyRule(check: CheckName, rule: Rule, finding: Finding): CheckResult {
  if ('skipped' in finding) return { check, pass: true, score: 0, weight: 0, ...finding };
  const score = Math.min(1, Math.max(0, finding.score));
  const pass = score >= rule.threshold;
  const { advice, details } = finding;
  const reason = pass ? advice : (finding.reason ?? advice);
  return {
    check,
    pass,
    score,
    weight: rule.weight,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
  };
}

/** The failures that refuse the whole verification. */
export function hardFailures(
  checks: ProfileDefinition['checks'],
  results: readonly CheckResult[],
): CheckResult[] {
  return results.filter((result) => !result.pass && checks[result.check].hardFail);
}
