import { z } from 'zod';
import type { CheckName, CheckResult } from './check.ts';

/** How a profile weighs a check. */
export const Rule = z.strictObject({
  enabled: z.boolean().describe('Whether the check runs.'),
  weight: z.number().min(0).max(10).describe('Its weight in the composite.'),
  threshold: z.number().min(0).max(1).describe('The check passes from this score on, 0..1.'),
  hardFail: z.boolean().describe('A failure refuses the whole verification (422).'),
  whenMissing: z
    .enum(['skip', 'fail'])
    .optional()
    .describe(
      "Without its input the check is left out ('skip') or fails. Absent: 'fail' for a hard-fail geoFence, timeRestriction and impossibleTravel, 'skip' otherwise.",
    ),
});
export type Rule = z.infer<typeof Rule>;
export type Rules = Record<CheckName, Rule>;

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
  | {
      skipped: string;
      /** The caller left out what the check needs; then the rule's `whenMissing` decides. */
      missing?: true;
      details?: Record<string, unknown>;
    };

/** Checks that need something the caller sends beside the picture. */
export const checksWithInput: readonly CheckName[] = [
  'frameConsistency',
  'deviceConsistency',
  'geoFence',
  'timeRestriction',
  'impossibleTravel',
];

/** Checks of what the caller says of the place and the time: a hard one that could be left out would bind no caller. */
const contextChecks: readonly CheckName[] = ['geoFence', 'timeRestriction', 'impossibleTravel'];

/** What a check does without its input, where the profile does not say. */
export const whenMissing = (check: CheckName, rule: Rule): 'skip' | 'fail' =>
  rule.whenMissing ?? (rule.hardFail && contextChecks.includes(check) ? 'fail' : 'skip');

/** The finding under the profile's rule. */
export function applyRule(check: CheckName, rule: Rule, finding: Finding): CheckResult {
  if ('skipped' in finding) {
    const { missing, skipped, details } = finding;
    if (missing && whenMissing(check, rule) === 'fail') {
      const told = { ...details, inputMissing: true };
      return { check, pass: false, score: 0, weight: rule.weight, reason: skipped, details: told };
    }
    return { check, pass: true, score: 0, weight: 0, skipped, ...(details && { details }) };
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
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
  };
}

/** The failures that refuse the whole verification. */
export function hardFailures(checks: Rules, results: readonly CheckResult[]): CheckResult[] {
  return results.filter((result) => !result.pass && checks[result.check].hardFail);
}
