import { useMemo } from 'react';
import { z } from 'zod';
import { type Translate, useStrings } from '../../../ui/strings/index.ts';
import { checkNames } from '../../reasons/reason-strings.ts';
import { fieldStrings } from './field-strings.ts';
import { type AttemptLimit, attemptLimits, countriesOf } from './profile-values.ts';

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
