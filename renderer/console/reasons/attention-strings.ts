import { defineStrings, type Language } from '../../ui/strings/define-strings.ts';
import { formatRate } from '../../ui/strings/format.ts';
import { fillIn, sentenceOf } from '../../ui/strings/translate.ts';
import { uiStrings } from '../../ui/strings/ui-strings.ts';
import de from './attention-strings.de.json' with { type: 'json' };
import en from './attention-strings.en.json' with { type: 'json' };
import { heldForStrings } from './held-for-strings.ts';

/** What needs a person, by its code: `CODE` what there is, `CODE.do` what to do. */
export const attentionStrings = defineStrings('console/reasons/attention-strings', en, de);

type AttentionKey = keyof (typeof attentionStrings)['en'];

const isKey = (key: string): key is AttentionKey => key in attentionStrings.en;

/** The strings of a code; undefined for one that this page does not know yet: then the service's own sentence is shown. */
export function keysOf({
  code,
  values,
}: {
  code: string;
  values?: Readonly<Record<string, string | number>> | undefined;
}): { title: AttentionKey; text: AttentionKey } | undefined {
  const text =
    code.startsWith('CERTIFICATE_') && values?.renewsItself === 1
      ? 'CERTIFICATE_ENDS.own'
      : `${sameRemedy[code] ?? code}.do`;
  return isKey(code) && isKey(text) ? { title: code, text } : undefined;
}

/** What there is and what to do; `reason` is English, as the service says it. */
export function attentionText(
  item: {
    code: string;
    sentence: string;
    remedy: string;
    values?: Readonly<Record<string, string | number>> | undefined;
  },
  language: Language,
  locale: string = language,
): { title: string; text: string; reason?: string } {
  const { values = {} } = item;
  const reason = values.reason === undefined ? {} : { reason: String(values.reason) };
  const keys = keysOf(item);
  if (keys === undefined) return { title: item.sentence, text: item.remedy, ...reason };
  const steps = String(values.steps ?? '')
    .split(' ')
    .map((step) => `step-${step}`)
    .filter(isKey)
    .map((key) => sentenceOf(attentionStrings, language, key));
  const holdsFor = values.holdsFor === 'every-group' ? values.holdsFor : 'average';
  const filled = {
    ...values,
    count: Number(values.count ?? values.days ?? 0),
    rate: formatRate(Number(values.rate ?? 0), locale, (n) =>
      fillIn(uiStrings[language].oneIn, { n }, locale),
    ),
    heldFor: sentenceOf(heldForStrings, language, holdsFor),
    steps: steps.join(', '),
  };
  const say = (key: AttentionKey) =>
    fillIn(sentenceOf(attentionStrings, language, key, filled.count), filled, locale);
  return { title: say(keys.title), text: say(keys.text), ...reason };
}

const sameRemedy: Readonly<Record<string, string>> = {
  BACKUP_OLD: 'NO_BACKUP',
  CERTIFICATE_ENDED: 'CERTIFICATE_ENDS',
  GALLERY_NEARLY_TOO_LARGE: 'GALLERY_TOO_LARGE',
  MASTER_KEY_BESIDE_COPY: 'MASTER_KEY_BESIDE_DATA',
  MORE_ALERTS: 'ALERT_OPEN',
  ONE_KEY_COPY: 'NO_KEY_COPY',
};
