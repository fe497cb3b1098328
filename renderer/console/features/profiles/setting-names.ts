import { useCallback } from 'react';
import { uiStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { messageStrings } from '../../reasons/message-text.ts';
import { type CheckName, reasonStrings } from '../../reasons/reason-strings.ts';
import type { Change } from './changes.ts';
import { fieldStrings } from './field-strings.ts';
import { type AttemptLimit, attemptLimits } from './profile-values.ts';
import { profileStrings } from './strings.ts';

type Key = keyof (typeof fieldStrings)['en'];
const isKey = (text: string): text is Key => text in fieldStrings.en;

/** Settings that the form calls otherwise; all others have a sentence under their path. */
const names: Readonly<Record<string, Key>> = {
  'match.falseMatchRate': 'oneIn',
  'match.falseIdentificationRate': 'searchOneIn',
  'match.holdsFor': 'holdsFor',
  'geoFence.countries': 'countries',
  'timeRestriction.days': 'days',
  'timeRestriction.from': 'from',
  'timeRestriction.to': 'to',
  'timeRestriction.timeZone': 'timeZone',
  refuseQuality: 'qualityTitle',
};
const rules: Readonly<Record<string, Key>> = {
  weight: 'weight',
  threshold: 'threshold',
  hardFail: 'fails',
  whenMissing: 'missing',
};
const isLimit = (name: string): name is AttemptLimit => attemptLimits.some((one) => one === name);

/** Settings of a definition and their values in words: "Liveness: threshold", "0.50". */
export function useSettingWords() {
  const t = useStrings(fieldStrings);
  const p = useStrings(profileStrings);
  const words = useStrings(reasonStrings);
  const heldFor = useStrings(heldForStrings);
  const messageOf = useStrings(messageStrings);
  const format = useFormat();
  const odds = useOdds();
  const nameOf = (path: string): string => {
    const [first = '', second = '', third = ''] = path.split('.');
    if (first === 'attempts' && isLimit(second)) return t(second);
    if (first === 'checks') {
      const check = words(second as CheckName);
      const rule = rules[third];
      return rule === undefined ? check : `${check}: ${t(rule as 'weight')}`;
    }
    const name = names[path] ?? path;
    return isKey(name) ? t(name as 'name') : path;
  };
  const wordOf = (path: string, value: Change['before']): string => {
    if (path === 'match.holdsFor') return heldFor(value === 'every-group' ? value : 'average');
    if (value === undefined || value === '') return p('left');
    if (path === 'models.supersededUntil') return format.date(String(value));
    if (path.startsWith('match.')) return odds(Number(value));
    if (path.endsWith('.threshold') || path === 'minimumComposite') return format.score(Number(value));
    if (path.endsWith('.hardFail')) return t(value ? 'refuses' : 'lowers');
    if (path.endsWith('.whenMissing')) return t(value === 'skip' ? 'missingSkip' : 'missingFail');
    if (path === 'timeRestriction.days') return daysOf(String(value));
    if (path === 'refuseQuality') return String(value).split(', ').map(qualityOf).join(', ');
    if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
    if (typeof value === 'number') return format.count(value);
    const word = `${path}.${value}`;
    return isKey(word) ? t(word as 'name') : value;
  };
  const daysOf = (text: string) =>
    text
      .split(', ')
      .map((day) => t(`day.${day}` as 'day.1'))
      .join(', ');
  const qualityOf = (name: string) => messageOf(`quality.${name}` as 'quality.headPose');
  const sentenceOf = ({ path, before, after }: Change) =>
    `${nameOf(path)} ${wordOf(path, before)} → ${wordOf(path, after)}`;
  return { nameOf, wordOf, sentenceOf };
}

/** A rate that the form asks for as "1 in …", always written so. */
export function useOdds(): (rate: number) => string {
  const t = useStrings(uiStrings);
  const format = useFormat();
  return useCallback((rate) => t('oneIn', { n: format.count(Math.round(1 / rate)) }), [t, format]);
}
