import { defined } from '../../lib/defined.ts';
import type { Finding } from './check.ts';
import { type CheckName, checkNamed, checkNames, type Rules } from './registered-checks.ts';
import type { Rule } from './rule.ts';

/** What one check said (contracts/README.md, Identity). */
export interface CheckResult {
  check: CheckName;
  pass: boolean;
  /** 0..1 */
  score: number;
  /** 0 when skipped. */
  weight: number;
  /** Why it did not run; then pass is true, score and weight are 0. */
  skipped?: string;
  /** Why it failed, or what a person could do better: a sentence. */
  reason?: string;
  /** Figures behind the score: layers that ran, their maturity, measured APCER/BPCER, distances, hours. Nothing personal. */
  details?: Record<string, unknown>;
}

/** Checks that need something the caller sends beside the picture. */
export const checksWithInput: readonly CheckName[] = checkNames.filter(
  (name) => checkNamed(name).withoutInput !== undefined,
);

/** What a check does without its input, where the profile does not say. */
export const whenMissing = (check: CheckName, rule: Rule): 'skip' | 'fail' =>
  rule.whenMissing ?? (rule.hardFail && checkNamed(check).withoutInput === 'fail-if-hard' ? 'fail' : 'skip');

/** The finding under the profile's rule. */
export function applyRule(check: CheckName, rule: Rule, finding: Finding): CheckResult {
  if ('skipped' in finding) {
    const { missing, skipped, details } = finding;
    if (missing && whenMissing(check, rule) === 'fail') {
      const marked = { ...details, inputMissing: true };
      return { check, pass: false, score: 0, weight: rule.weight, reason: skipped, details: marked };
    }
    return { check, pass: true, score: 0, weight: 0, skipped, ...defined({ details }) };
  }
  const score = Math.min(1, Math.max(0, finding.score));
  const pass = score >= rule.threshold;
  const { advice, details } = finding;
  const reason = pass ? advice : (finding.reason ?? advice);
  return {
    check,
    pass,
    score,
    weight: rule.weight,
    ...defined({ reason, details }),
  };
}

/** The failures that refuse the whole verification. */
export function hardFailures(checks: Rules, results: readonly CheckResult[]): CheckResult[] {
  return results.filter((result) => !result.pass && checks[result.check].hardFail);
}
