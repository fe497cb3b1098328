import { useMemo } from 'react';
import { z } from 'zod';
import { type Translate, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { type CheckName, checkNames } from '../../reasons/reason-strings.ts';
import { fieldStrings } from './field-strings.ts';

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

/** A definition as the form holds it: rates as "1 in …", lists as text. */
export type ProfileValues = z.output<ReturnType<typeof profileSchema>>;

const forEach = <Key extends string, Value>(keys: readonly Key[], make: (key: Key) => Value) =>
  Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Key, Value>;

const ruleValues = ({
  enabled,
  weight,
  threshold,
  hardFail,
  whenMissing,
}: Rule): ProfileValues['checks'][CheckName] => ({
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

/** The most that the service takes of each. */
const mostOf: Record<AttemptLimit, number> = {
  failuresBeforeDelay: 1000,
  failuresBeforeDelayWithPad: 1000,
  delaySeconds: 86_400,
  failuresBeforeDisabled: 10_000,
  failuresBeforeDisabledWithPad: 10_000,
};
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

type Sentences = Translate<(typeof fieldStrings)['en']>;

const numberIn = (least: number, most: number, sentence: string) =>
  z.number(sentence).min(least, sentence).max(most, sentence);
const wholeIn = (least: number, most: number, sentence: string) =>
  z.int(sentence).min(least, sentence).max(most, sentence);

/** What the form takes; the service says the same of each field, and has the last word. */
const profileSchema = (t: Sentences) =>
  z.object({
    name: z.string().trim().min(1, t('nameMissing')).max(80, t('nameMissing')),
    description: z.string().trim().max(400),
    checks: z.record(
      z.enum(checkNames),
      z.object({
        enabled: z.boolean(),
        weight: numberIn(0, 10, t('weightWrong')),
        threshold: numberIn(0, 1, t('thresholdWrong')),
        fails: z.enum(['refuses', 'lowers']),
        whenMissing: z.enum(['', 'skip', 'fail']),
      }),
    ),
    minimumComposite: numberIn(0, 1, t('thresholdWrong')),
    oneIn: wholeIn(100, 10_000_000, t('oneInWrong')),
    searchOneIn: wholeIn(20, 100_000, t('searchWrong')),
    holdsFor: z.enum(['every-group', 'average']),
    models: z.object({
      detector: z.enum(['blazeface', 'yunet']),
      scorer: z.enum(['a', 'r', 'best']),
      supersededUntil: z.union([z.literal(''), z.iso.date()], t('dateWrong')),
      pad: z.enum(['where-installed', 'required']),
      padSet: z.string(),
      livenessScale: z.enum(['live', 'apcer5']),
    }),
    capture: z.enum(['any', 'kiosk']),
    countries: z
      .string()
      .refine((text) => countriesOf(text).every((code) => /^[A-Z]{2}$/.test(code)), t('countriesWrong')),
    hours: z
      .object({
        on: z.boolean(),
        days: z.array(z.string()),
        from: z.string(),
        to: z.string(),
        timeZone: z.string(),
      })
      .superRefine(({ on, days, from, to, timeZone }, context) => {
        if (!on) return;
        const wrong = (path: string, message: string) =>
          context.addIssue({ code: 'custom', path: [path], message });
        if (days.length === 0) wrong('days', t('daysMissing'));
        if (!TIME.test(from)) wrong('from', t('timeWrong'));
        if (!TIME.test(to)) wrong('to', t('timeWrong'));
        if (timeZone.trim() !== '' && !isTimeZone(timeZone.trim())) wrong('timeZone', t('timeZoneWrong'));
      }),
    attempts: z.object(
      Object.fromEntries(
        attemptLimits.map((limit) => [
          limit,
          wholeIn(1, mostOf[limit], t('limitWrong', { most: mostOf[limit] })).nullable(),
        ]),
      ) as Record<AttemptLimit, z.ZodNullable<z.ZodInt>>,
    ),
    challenge: z.object({
      withoutMotion: z.enum(['review', 'allow', 'refuse']),
      suspectCamera: z.enum(['record', 'review', 'refuse']),
      undecided: z.enum(['review', 'refuse']),
      behavior: z.enum(['off', 'record']),
    }),
    refuseQuality: z.array(z.string()),
  });

export function useProfileSchema() {
  const t = useStrings(fieldStrings);
  return useMemo(() => profileSchema(t), [t]);
}
