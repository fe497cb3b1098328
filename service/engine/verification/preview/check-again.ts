import {
  type CheckName,
  type CheckResult,
  checkNamed,
  checkNames,
  wasMissing,
  whenMissing,
} from '../../checks/index.ts';
import type { ProfileDefinition } from '../../profiles/index.ts';

/**
 * Why a result cannot be computed again. `not-run`: it was not measured then; `not-kept`: the figures it takes are not stored; `other-model`: other
 * models would have measured it; `other-rates`: its rate held for others than these (every measured group, or the average);
 * `other-settings`: what the check reads beside its rule has changed; `other-version`: this release does not have the settings that decided it.
 */
export const unknowns = [
  'not-run',
  'not-kept',
  'other-model',
  'other-rates',
  'other-settings',
  'other-version',
] as const;
export type Unknown = (typeof unknowns)[number];

/** One check under other settings. */
export interface Again {
  check: CheckName;
  /** Undefined with `unknown`. */
  pass?: boolean;
  score: number;
  /** 0 when skipped. */
  weight: number;
  unknown?: Unknown;
}

/** Checks that have nothing to judge until the person is recognized. */
const ofHistory: readonly CheckName[] = ['impossibleTravel', 'embeddingHistory', 'deviceConsistency'];
/** Defaults of the check. */
const absent: Readonly<Record<string, unknown>> = { livenessScale: 'apcer5' };

/** Each check that the settings enable, from the results that are kept. */
export function checkAgain(
  kept: readonly CheckResult[],
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
  { newlyMatched }: { newlyMatched: boolean },
): Again[] {
  const results = new Map(kept.map((result) => [result.check, result]));
  return checkNames
    .filter((check) => next.checks[check].enabled)
    .map((check): Again => {
      const { weight } = next.checks[check];
      const result = results.get(check);
      const unknown = whyUnknown(check, result, used, next) ?? historyOf(check, result, newlyMatched);
      if (unknown) return { check, score: 0, weight, unknown };
      return ruled(check, result!, used, next);
    });
}

/** A result whose figures are there, under the new rule. */
function ruled(
  check: CheckName,
  result: CheckResult,
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
): Again {
  const rule = next.checks[check];
  const skipped: Again = { check, pass: true, score: 0, weight: 0 };
  const fails = whenMissing(check, rule) === 'fail';
  if (wasMissing(result)) return fails ? { check, pass: false, score: 0, weight: rule.weight } : skipped;
  if (result.skipped !== undefined) {
    // Skipped without input, or for another reason: only a rule that fails without input distinguishes the two.
    const needsInput = checkNamed(check).withoutInput !== undefined;
    const hadInput = used !== undefined && whenMissing(check, used.checks[check]) === 'fail';
    return needsInput && fails && !hadInput
      ? { check, score: 0, weight: rule.weight, unknown: 'not-kept' }
      : skipped;
  }
  const { score } = result;
  return { check, pass: score >= rule.threshold, score, weight: rule.weight };
}

function whyUnknown(
  check: CheckName,
  result: CheckResult | undefined,
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
): Unknown | undefined {
  if (result === undefined) return 'not-run';
  if (used === undefined) return readsSettings(check) ? 'other-version' : undefined;
  if (check === 'liveness') return livenessUnknown(result, used, next);
  return sameSettings(check, used, next) ? undefined : 'other-settings';
}

function livenessUnknown(
  { skipped, details }: CheckResult,
  used: ProfileDefinition,
  next: ProfileDefinition,
): Unknown | undefined {
  if (used.models.padSet !== next.models.padSet) return 'other-model';
  // Without a PAD model a profile that requires one answers that it is not installed.
  if (skipped !== undefined) return next.models.pad === 'required' ? 'not-run' : undefined;
  if (!sameSettings('liveness', used, next)) return 'other-settings';
  // Which frames count depends on the threshold of frameConsistency.
  const frames = used.checks.frameConsistency.threshold === next.checks.frameConsistency.threshold;
  return details?.frames !== undefined && !frames ? 'other-settings' : undefined;
}

/** `not-run` for a check of history that was skipped because no person was recognized then. */
const historyOf = (
  check: CheckName,
  result: CheckResult | undefined,
  newlyMatched: boolean,
): Unknown | undefined =>
  newlyMatched && result?.skipped !== undefined && ofHistory.includes(check) ? 'not-run' : undefined;

function settingsOf(check: CheckName, definition: ProfileDefinition): unknown[] {
  const { settings = {}, modelSettings = {} } = checkNamed(check);
  const read = (from: object, names: object) =>
    Object.keys(names).map((name) => (from as Record<string, unknown>)[name] ?? absent[name] ?? null);
  return [...read(definition, settings), ...read(definition.models, modelSettings)];
}

// The one setting of faceQuality refuses pictures and does not change its score.
const readsSettings = (check: CheckName): boolean => {
  const { settings, modelSettings } = checkNamed(check);
  return check !== 'faceQuality' && (settings ?? modelSettings) !== undefined;
};

const sameSettings = (check: CheckName, used: ProfileDefinition, next: ProfileDefinition): boolean =>
  !readsSettings(check) ||
  JSON.stringify(settingsOf(check, used)) === JSON.stringify(settingsOf(check, next));
