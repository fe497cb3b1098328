import type { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { Check, Finding, FrameEvidence, JudgedFrames, PersonalInputs, Rule } from './check.ts';
import { deviceConsistencyCheck } from './device-consistency.ts';
import { embeddingHistoryCheck } from './embedding-history.ts';
import { faceQualityCheck } from './face-quality.ts';
import { evidenceOf, frameConsistencyCheck, judgeFrames } from './frame-consistency.ts';
import { geoFenceCheck, impossibleTravelCheck } from './impossible-travel.ts';
import { livenessCheck } from './liveness.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';
import { timeRestrictionCheck } from './time-restriction.ts';

/**
 * Every check, in the order in which they run and are listed. A new check is a file with its descriptor, and its line here; profiles
 * that are stored without it run without it. It changes the built-in profiles: raise their version.
 */
export const registeredChecks = [
  livenessCheck,
  frameConsistencyCheck,
  impossibleTravelCheck,
  embeddingHistoryCheck,
  deviceConsistencyCheck,
  geoFenceCheck,
  timeRestrictionCheck,
  faceQualityCheck,
] as const satisfies readonly Check[];

type Registered = (typeof registeredChecks)[number];
export type CheckName = Registered['name'];
export type Rules = Record<CheckName, Rule>;

export const checkNames: readonly CheckName[] = registeredChecks.map(({ name }) => name);

const byName = new Map<string, Check>(registeredChecks.map((check) => [check.name, check]));

/** The descriptor of a check. */
export const checkNamed = (name: CheckName): Check => byName.get(name)!;

/** One value for each check. */
export function forEachCheck<T>(make: (check: Check) => T): Record<CheckName, T> {
  return Object.fromEntries(registeredChecks.map((check) => [check.name, make(check)])) as Record<
    CheckName,
    T
  >;
}

/** The rules of a profile that sets none. */
export const defaultRules: Rules = forEachCheck(({ defaultRule }) => defaultRule);

type Both<Union> = (Union extends unknown ? (one: Union) => void : never) extends (both: infer All) => void
  ? All
  : never;
type ShapeOf<Key extends 'settings' | 'modelSettings'> = Both<
  Registered extends infer One ? (One extends Record<Key, infer Shape> ? Shape : never) : never
>;
type Setting<Shape> = z.infer<z.ZodObject<{ -readonly [Name in keyof Shape]: Shape[Name] & z.ZodType }>>;

const merged = (key: 'settings' | 'modelSettings') =>
  Object.assign({}, ...registeredChecks.map((check: Check) => check[key] ?? {}));

/** The fields of a profile that checks read, beside their rules. */
export const settingsShape: ShapeOf<'settings'> = merged('settings');
/** The same, among the profile's `models`. */
export const modelSettingsShape: ShapeOf<'modelSettings'> = merged('modelSettings');

/** The check settings of a profile. */
export type CheckSettings = Setting<ShapeOf<'settings'>> & {
  checks: Rules;
  models: Setting<ShapeOf<'modelSettings'>>;
};

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
  if (lowest === undefined) return personMessages.BELOW_MINIMUM;
  const { sentence, sentenceFirst } = checkNamed(lowest.check);
  return sentenceFirst ? sentence : (lowest.reason ?? sentence);
}

const { UNKNOWN } = skipReasons;

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
