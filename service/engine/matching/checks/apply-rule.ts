import { defined } from '../../../lib/defined.ts';
import type { Finding, FrameEvidence, JudgedFrames, PersonalInputs, Rule } from './check.ts';
import { evidenceOf, judgeFrames } from './frame-consistency.ts';
import { livenessCheck } from './liveness.ts';
import {
  type CheckName,
  type CheckSettings,
  checkNamed,
  checkNames,
  type Rules,
  registeredChecks,
} from './registered-checks.ts';

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

const UNKNOWN = 'Not enough was known.';

/**
 * The results as they may stand beside a verification in plain text: of checks that see personal data only whether they ran and what
 * they scored. Places and devices themselves are kept sealed.
 */
export function keptResults(results: readonly CheckResult[]): CheckResult[] {
  return results.map((result) => {
    const { storedReason } = checkNamed(result.check);
    if (storedReason === undefined) return result;
    const { details, reason, skipped, ...kept } = result;
    return {
      ...kept,
      ...(skipped === undefined ? {} : { skipped: UNKNOWN }),
      ...(reason === undefined ? {} : { reason: details?.inputMissing ? UNKNOWN : storedReason }),
    };
  });
}

/** Whether a kept result is a failure for want of what the caller did not send. */
export const wasMissing = ({ pass, skipped, reason, details }: CheckResult): boolean =>
  !pass && skipped === undefined && (details?.inputMissing === true || reason === UNKNOWN);

interface CheckInputs extends Omit<PersonalInputs, 'judged' | 'evidence' | 'history'> {
  definition: CheckSettings;
}

/** The results of the profile's enabled checks, in the order of `checkNames`. */
export function runChecks({ definition, ...given }: CheckInputs): CheckResult[] {
  const inputs: PersonalInputs = {
    ...given,
    ...judgedFrames({ ...given, definition }),
    ...defined({ history: given.earlier?.flatMap(({ probe }) => probe ?? []) }),
  };
  return registeredChecks
    .filter(({ name }) => definition.checks[name].enabled)
    .map((check) => applyRule(check.name, definition.checks[check.name], check.run(inputs, definition)));
}

/** The liveness check alone, of one picture; undefined where the profile does not run it. */
export function runLiveness({
  definition,
  ...given
}: Pick<CheckInputs, 'definition' | 'plan' | 'main'>): CheckResult | undefined {
  const rule = definition.checks.liveness;
  if (!rule.enabled) return undefined;
  const { evidence } = judgedFrames({ ...given, definition, frames: [] });
  return applyRule('liveness', rule, livenessCheck.run({ ...given, evidence }, definition));
}

function judgedFrames({
  definition,
  main,
  frames,
  plan,
}: Pick<CheckInputs, 'definition' | 'main' | 'frames' | 'plan'>): {
  judged: JudgedFrames;
  evidence: FrameEvidence;
} {
  const judged = judgeFrames(main, frames, plan.scorers);
  return { judged, evidence: evidenceOf(judged, definition.checks.frameConsistency) };
}
