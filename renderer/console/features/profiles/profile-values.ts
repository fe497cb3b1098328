import type { Schemas } from '../../data.ts';
import { type CheckName, checkNames } from '../../reasons/reason-strings.ts';

export type Definition = Schemas['ProfileDefinition'];
type Rule = Schemas['CheckRule'];

/** The limits of attempts, in the order in which the form asks for them. */
export const attemptLimits = [
  'failuresBeforeDelay',
  'failuresBeforeDelayWithPad',
  'delaySeconds',
  'failuresBeforeDisabled',
  'failuresBeforeDisabledWithPad',
] as const;
export type AttemptLimit = (typeof attemptLimits)[number];

/** What `refuseQuality` takes. */
export const qualityComponents = [
  'facePresent',
  'singleFacePresent',
  'interEyeDistance',
  'headSize',
  'faceMargin',
  'headPose',
  'eyesOpen',
  'sharpness',
  'luminanceMean',
  'underExposurePrevention',
  'overExposurePrevention',
] as const;

export interface RuleValues {
  enabled: boolean;
  weight: number;
  threshold: number;
  fails: 'refuses' | 'lowers';
  whenMissing: '' | 'skip' | 'fail';
}

/** A definition as the form holds it: rates as "1 in …", lists as text. */
export interface ProfileValues {
  name: string;
  description: string;
  checks: Record<CheckName, RuleValues>;
  minimumComposite: number;
  oneIn: number;
  searchOneIn: number;
  holdsFor: NonNullable<Definition['match']['holdsFor']>;
  models: {
    detector: Definition['models']['detector'];
    scorer: Definition['models']['scorer'];
    /** A day, as 2026-12-31, or empty. */
    supersededUntil: string;
    pad: Definition['models']['pad'];
    padSet: string;
    livenessScale: 'live' | 'apcer5';
  };
  capture: 'any' | 'kiosk';
  countries: string;
  hours: { on: boolean; days: string[]; from: string; to: string; timeZone: string };
  attempts: Record<AttemptLimit, number | null>;
  challenge: {
    withoutMotion: 'review' | 'allow' | 'refuse';
    suspectCamera: 'record' | 'review' | 'refuse';
    undecided: 'review' | 'refuse';
    behavior: 'off' | 'record';
  };
  refuseQuality: string[];
}

const forEach = <Key extends string, Value>(keys: readonly Key[], make: (key: Key) => Value) =>
  Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Key, Value>;

const ruleValues = ({ enabled, weight, threshold, hardFail, whenMissing }: Rule): RuleValues => ({
  enabled,
  weight,
  threshold,
  fails: hardFail ? 'refuses' : 'lowers',
  whenMissing: whenMissing ?? '',
});

export function valuesOf(definition: Definition): ProfileValues {
  const { checks, match, models, geoFence, timeRestriction, attempts } = definition;
  return {
    name: definition.name,
    description: definition.description,
    checks: forEach(checkNames, (name) => ruleValues(checks[name])),
    minimumComposite: definition.minimumComposite,
    oneIn: Math.round(1 / match.falseMatchRate),
    searchOneIn: Math.round(1 / match.falseIdentificationRate),
    holdsFor: match.holdsFor ?? 'average',
    models: {
      detector: models.detector,
      scorer: models.scorer,
      pad: models.pad,
      supersededUntil: models.supersededUntil ?? '',
      padSet: models.padSet ?? '',
      livenessScale: models.livenessScale ?? 'apcer5',
    },
    capture: definition.capture ?? 'any',
    countries: (geoFence?.countries ?? []).join(', '),
    hours: {
      on: timeRestriction !== undefined,
      days: (timeRestriction?.days ?? [1, 2, 3, 4, 5]).map(String),
      from: timeRestriction?.from ?? '08:00',
      to: timeRestriction?.to ?? '18:00',
      timeZone: timeRestriction?.timeZone ?? '',
    },
    attempts: forEach(attemptLimits, (limit) => attempts?.[limit] ?? null),
    challenge: {
      withoutMotion: definition.challenge?.withoutMotion ?? 'review',
      suspectCamera: definition.challenge?.suspectCamera ?? 'record',
      undecided: definition.challenge?.undecided ?? 'refuse',
      behavior: definition.challenge?.behavior ?? 'off',
    },
    refuseQuality: definition.refuseQuality,
  };
}

/** Two-letter codes, in capitals: "ch, DE" is CH and DE. */
export const countriesOf = (text: string): string[] =>
  text
    .toUpperCase()
    .split(/[\s,;]+/)
    .filter((code) => code !== '');

/** The rate behind "1 in …"; the very one of before where the form shows the same. */
const rateOf = (oneIn: number, before: number) => (Math.round(1 / before) === oneIn ? before : 1 / oneIn);

/** What the form says as the route takes it. What `before` leaves out and the form does not change stays left out. */
export function definitionOf(values: ProfileValues, before: Definition): Definition {
  const { models, hours, attempts } = values;
  const { attempts: limitsBefore, geoFence, timeRestriction: _, challenge: __, ...rest } = before;
  const countries = countriesOf(values.countries);
  const limits = Object.fromEntries(
    attemptLimits.flatMap((limit) => (attempts[limit] === null ? [] : [[limit, attempts[limit]]])),
  );
  const namesHeldFor = values.holdsFor === 'every-group' || before.match.holdsFor !== undefined;
  const namesScale = models.livenessScale === 'live' || before.models.livenessScale !== undefined;
  return {
    ...rest,
    name: values.name.trim(),
    description: values.description.trim(),
    checks: forEach(checkNames, (name): Rule => {
      const { fails, whenMissing, ...rule } = values.checks[name];
      return { ...rule, hardFail: fails === 'refuses', ...(whenMissing !== '' && { whenMissing }) };
    }),
    minimumComposite: values.minimumComposite,
    match: {
      falseMatchRate: rateOf(values.oneIn, before.match.falseMatchRate),
      falseIdentificationRate: rateOf(values.searchOneIn, before.match.falseIdentificationRate),
      ...(namesHeldFor && { holdsFor: values.holdsFor }),
    },
    models: {
      detector: models.detector,
      scorer: models.scorer,
      pad: models.pad,
      ...(models.supersededUntil !== '' && { supersededUntil: models.supersededUntil }),
      ...(models.padSet !== '' && { padSet: models.padSet }),
      ...(namesScale && { livenessScale: models.livenessScale }),
    },
    ...(values.capture !== (before.capture ?? 'any') && { capture: values.capture }),
    ...((countries.length > 0 || geoFence) && { geoFence: { countries } }),
    ...(hours.on && {
      timeRestriction: {
        days: hours.days.map(Number).toSorted(),
        from: hours.from,
        to: hours.to,
        ...(hours.timeZone.trim() !== '' && { timeZone: hours.timeZone.trim() }),
      },
    }),
    ...((Object.keys(limits).length > 0 || limitsBefore) && { attempts: limits }),
    ...challengeOf(values.challenge, before.challenge),
    refuseQuality: qualityComponents.filter((name) => values.refuseQuality.includes(name)),
  };
}

/** What is asked for where a profile does not say it. */
const usualChallenge: NonNullable<Definition['challenge']> = {
  steps: [
    ...(['hold-still', 'turn-left', 'turn-right', 'look-up'] as const),
    ...(['look-down', 'come-closer', 'blink', 'color-flash'] as const),
  ],
  count: 4,
};

/** What the profile leaves out stays left out where the form says the same. */
function challengeOf(
  { withoutMotion, suspectCamera, undecided, behavior }: ProfileValues['challenge'],
  before: Definition['challenge'],
): Pick<Definition, 'challenge'> {
  const changed = {
    ...(withoutMotion !== (before?.withoutMotion ?? 'review') && { withoutMotion }),
    ...(suspectCamera !== (before?.suspectCamera ?? 'record') && { suspectCamera }),
    ...(undecided !== (before?.undecided ?? 'refuse') && { undecided }),
    ...(behavior !== (before?.behavior ?? 'off') && { behavior }),
  };
  if (Object.keys(changed).length === 0) return before ? { challenge: before } : {};
  return { challenge: { ...(before ?? usualChallenge), ...changed } };
}

/** The field of the form that a field of the definition is shown in. */
export function fieldOf(path: string): string {
  const [first = '', second = '', third = ''] = path.split('.');
  if (path === 'match.falseMatchRate') return 'oneIn';
  if (path === 'match.falseIdentificationRate') return 'searchOneIn';
  if (path === 'match.holdsFor') return 'holdsFor';
  if (first === 'geoFence') return 'countries';
  if (first === 'refuseQuality') return 'refuseQuality';
  if (first === 'timeRestriction') return `hours.${second === '' ? 'from' : second}`;
  if (first === 'checks' && third === 'hardFail') return `checks.${second}.fails`;
  return path;
}
