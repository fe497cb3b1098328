import {
  type CaptureSource,
  type CheckName,
  type CheckResult,
  checkNamed,
  checkNames,
  matchRateForGallery,
  type ProfileDefinition,
  type Rule,
  takesSource,
  wasMissing,
  whenMissing,
} from '../../matching/index.ts';
import { refusedComponent } from '../analyze-pictures.ts';
import type { VerificationOutcome } from '../verdict.ts';

/** What is kept of a decided verification that bears on what other settings would have decided. */
export interface Decided {
  kind: '1:1' | '1:N';
  verified: boolean;
  outcome: VerificationOutcome;
  reason?: string;
  confidence: number;
  /** Whether the face matched; absent where it is not known, or where nothing was compared. */
  matched?: boolean;
  /** The scorer that compared; absent where nothing was compared, and in rows from before it was kept. */
  scorer?: string;
  gallerySize?: number;
  /** Of the pictures; absent in rows from before it was kept. */
  source?: CaptureSource;
  checks: readonly CheckResult[];
}

/** The decision with the other settings and its reason, or the figure that is missing. */
export type Judgement =
  | { is: 'verified' }
  | { is: 'refused'; by: string[] }
  | { is: 'unknown'; missing: Missing[] };

interface Missing {
  /** A check, `match`, `picture` or `capture`. */
  what: string;
  why: Unknown;
}

/** Outcomes of pictures that no settings accept. */
const unjudgeable: readonly VerificationOutcome[] = ['FACE_NOT_FOUND', 'SEVERAL_FACES', 'FACE_TOO_SMALL'];
/** Rates are logarithms that went through a confidence and back. */
const ROUNDING = 1e-9;

/**
 * Decides a stored verification by other settings, from the results, the confidence and the gallery's size that are kept of it. Nothing is
 * guessed: where the verdict hangs on a figure that was not measured or not kept, it is unknown. What limits attempts at an address is
 * left out, and so is what an earlier decision would have changed in a person's history.
 *
 * @param used the settings that decided it; undefined where this release does not have them any more
 * @param ended ids of superseded scorers that `next` accepts no more
 */
export function judgeAgain(
  decided: Decided,
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
  ended: ReadonlySet<string> = new Set(),
): Judgement {
  if (decided.outcome === 'REPLAYED_PICTURE') return { is: 'refused', by: ['replay'] };
  if (used?.models.detector !== undefined && used.models.detector !== next.models.detector)
    return { is: 'unknown', missing: [{ what: 'picture', why: 'other-model' }] };
  const source = sourceAgain(decided, used, next);
  if (source) return source;
  const picture = pictureAgain(decided, used, next);
  if (picture) return picture;
  const match = matchAgain(decided, used, next, ended);
  const newlyMatched = match === true && decided.matched === false;
  const checks = checkAgain(decided.checks, used, next, { newlyMatched });
  return verdictOf(match, checks, next);
}

/** Where the pictures came from; undefined where these settings take them. */
function sourceAgain(
  { source }: Decided,
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
): Judgement | undefined {
  if (next.capture !== 'kiosk' || used?.capture === 'kiosk') return undefined;
  if (source === undefined) return { is: 'unknown', missing: [{ what: 'capture', why: 'not-kept' }] };
  return takesSource({ definition: next }, source) ? undefined : { is: 'refused', by: ['capture'] };
}

/** The picture alone: refused before any check ran, or by a fault that these settings refuse; undefined where it passes. */
function pictureAgain(
  { outcome, reason, checks }: Decided,
  used: ProfileDefinition | undefined,
  next: ProfileDefinition,
): Judgement | undefined {
  const faults = faultsOf(checks);
  const refused: Judgement = { is: 'refused', by: ['picture'] };
  const unknown: Judgement = { is: 'unknown', missing: [{ what: 'picture', why: 'not-run' }] };
  if (unjudgeable.includes(outcome)) return refused;
  if (outcome === 'FACE_QUALITY_REFUSED') {
    const component = refusedComponent(reason ?? '');
    if (component === undefined || next.refuseQuality.includes(component)) return refused;
    if (used && !used.refuseQuality.includes(component)) return refused;
    return faults?.some((fault) => next.refuseQuality.includes(fault)) ? refused : unknown;
  }
  if (faults?.some((fault) => next.refuseQuality.includes(fault))) return refused;
  const added = next.refuseQuality.filter((one) => !used?.refuseQuality.includes(one));
  return faults === undefined && added.length > 0
    ? { is: 'unknown', missing: [{ what: 'picture', why: 'not-kept' }] }
    : undefined;
}

/** Components of the picture's quality that something was advised about; undefined where they were not measured. */
function faultsOf(checks: readonly CheckResult[]): string[] | undefined {
  const components = checks.find(({ check }) => check === 'faceQuality')?.details?.components;
  if (!Array.isArray(components)) return undefined;
  return components.flatMap(({ component, code }: { component: string; code?: string }) =>
    code === undefined ? [] : [component],
  );
}

function matchAgain(
  { kind, verified, matched = verified ? true : undefined, confidence, scorer, gallerySize }: Decided,
  used: ProfileDefinition | undefined,
  { match: rates, models }: ProfileDefinition,
  ended: ReadonlySet<string>,
): boolean | Unknown {
  if (used === undefined) return 'other-version';
  if (used.models.scorer !== models.scorer) return 'other-model';
  if (scorer !== undefined && ended.has(scorer)) return false;
  const sameTable = (rates.holdsFor ?? 'average') === (used.match.holdsFor ?? 'average');
  const unchanged =
    sameTable &&
    used.match.falseMatchRate === rates.falseMatchRate &&
    (kind === '1:1' || used.match.falseIdentificationRate === rates.falseIdentificationRate);
  if (unchanged && matched !== undefined) return matched;
  // No person to compare with: no rate turns that into a match. In older rows a missing scorer says nothing.
  if (scorer === undefined) return matched === false ? false : 'not-kept';
  if (!sameTable) return 'other-rates';
  if (kind === '1:N' && gallerySize === undefined) return 'not-kept';
  const rate =
    kind === '1:1'
      ? rates.falseMatchRate
      : Math.min(matchRateForGallery(rates.falseIdentificationRate, gallerySize!), rates.falseMatchRate);
  return logRateOf(confidence, used.match.falseMatchRate) <= Math.log10(rate) + ROUNDING;
}

/** log10 of the comparison's false-match rate: undoes `confidence` (engine/matching), which is 0.5 at the profile's 1:1 rate. */
const logRateOf = (confidence: number, falseMatchRate: number): number =>
  Math.log10(falseMatchRate) + 2 * Math.log10((1 - confidence) / confidence);

function verdictOf(
  match: boolean | Unknown,
  checks: Again[],
  { minimumComposite, checks: rules }: ProfileDefinition,
): Judgement {
  const failed = checks.filter(({ pass, check }) => pass === false && rules[check].hardFail);
  const [least, most] = compositeRange(checks);
  const by = [
    ...(match === false ? ['match'] : []),
    ...failed.map(({ check }) => check),
    ...(most < minimumComposite ? ['composite'] : []),
  ];
  if (by.length > 0) return { is: 'refused', by };
  const open = checks.filter(
    ({ unknown, check }) =>
      unknown !== undefined &&
      ((rules[check].hardFail && canFail(check, rules[check])) || least < minimumComposite),
  );
  const missing = [
    ...(typeof match === 'string' ? [{ what: 'match', why: match }] : []),
    ...open.map(({ check, unknown }) => ({ what: check, why: unknown! })),
  ];
  return missing.length > 0 ? { is: 'unknown', missing } : { is: 'verified' };
}

const canFail = (check: CheckName, rule: Rule): boolean =>
  rule.threshold > 0 || whenMissing(check, rule) === 'fail';

/** The smallest and the largest composite that the scores which are not known leave possible. */
function compositeRange(checks: readonly Again[]): [number, number] {
  const composite = (unknownScore: number) => {
    let weights = 0;
    let sum = 0;
    for (const { unknown, score, weight } of checks) {
      weights += weight;
      sum += weight * (unknown === undefined ? score : unknownScore);
    }
    return weights > 0 ? Math.min(1, sum / weights) : 0;
  };
  return [composite(0), composite(1)];
}

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
interface Again {
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
function checkAgain(
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
