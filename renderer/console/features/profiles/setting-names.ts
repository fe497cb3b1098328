import { useFormat } from '../../../ui/format/use-format.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { type CheckName, reasonStrings } from '../../reasons/reason-strings.ts';
import type { Change } from './changes.ts';
import { fieldStrings } from './field-strings.ts';
import { type AttemptLimit, attemptLimits } from './profile-values.ts';
import { profileStrings } from './strings.ts';
import { useOdds } from './use-odds.ts';

const names: Readonly<Record<string, keyof (typeof fieldStrings)['en']>> = {
  name: 'name',
  description: 'description',
  minimumComposite: 'minimum',
  'match.falseMatchRate': 'oneIn',
  'match.falseIdentificationRate': 'searchOneIn',
  'match.holdsFor': 'holdsFor',
  'models.detector': 'detector',
  'models.scorer': 'scorer',
  'models.supersededUntil': 'supersededUntil',
  'models.pad': 'pad',
  'models.padSet': 'padSet',
  'models.livenessScale': 'scale',
  'geoFence.countries': 'countries',
  'timeRestriction.days': 'days',
  'timeRestriction.from': 'from',
  'timeRestriction.to': 'to',
  'timeRestriction.timeZone': 'timeZone',
  refuseQuality: 'qualityTitle',
  'challenge.withoutMotion': 'withoutMotion',
  'challenge.suspectCamera': 'suspectCamera',
  'challenge.undecided': 'undecided',
  'challenge.behavior': 'pageBehavior',
  capture: 'capture',
};
const rules: Readonly<Record<string, keyof (typeof fieldStrings)['en']>> = {
  weight: 'weight',
  threshold: 'threshold',
  hardFail: 'fails',
  whenMissing: 'missing',
};
const values: Readonly<Record<string, keyof (typeof fieldStrings)['en']>> = {
  'models.scorer a': 'scorerA',
  'models.scorer r': 'scorerR',
  'models.scorer best': 'scorerBest',
  'models.pad where-installed': 'padWhere',
  'models.pad required': 'padRequired',
  'models.livenessScale live': 'scaleLive',
  'models.livenessScale apcer5': 'scaleApcer',
  'challenge.withoutMotion review': 'motionReview',
  'challenge.withoutMotion allow': 'motionAllow',
  'challenge.withoutMotion refuse': 'motionRefuse',
  'challenge.suspectCamera record': 'cameraRecord',
  'challenge.suspectCamera review': 'cameraReview',
  'challenge.suspectCamera refuse': 'cameraRefuse',
  'challenge.undecided review': 'undecidedReview',
  'challenge.undecided refuse': 'undecidedRefuse',
  'capture any': 'captureAny',
  'capture kiosk': 'captureKiosk',
  'challenge.behavior off': 'behaviorOff',
  'challenge.behavior record': 'behaviorRecord',
};
const isLimit = (name: string): name is AttemptLimit => attemptLimits.some((one) => one === name);

/** Settings of a definition and their values in words: "Liveness: threshold", "0.50". */
export function useSettingWords() {
  const t = useStrings(fieldStrings);
  const p = useStrings(profileStrings);
  const words = useStrings(reasonStrings);
  const heldFor = useStrings(heldForStrings);
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
    const name = names[path];
    return name === undefined ? path : t(name as 'name');
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
    const word = values[`${path} ${value}`];
    return word === undefined ? value : t(word as 'scorerA');
  };
  const daysOf = (text: string) =>
    text
      .split(', ')
      .map((day) => t(`day.${day}` as 'day.1'))
      .join(', ');
  const qualityOf = (name: string) => t(`quality.${name}` as 'quality.headPose');
  const sentenceOf = ({ path, before, after }: Change) =>
    `${nameOf(path)} ${wordOf(path, before)} → ${wordOf(path, after)}`;
  return { nameOf, wordOf, sentenceOf };
}
