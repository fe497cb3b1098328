import { useFormat } from '../../ui/format/use-format.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import type { Schemas } from '../api/admin.ts';
import { attentionStrings } from './attention-strings.ts';
import { heldForStrings } from './held-for-strings.ts';

type Key = keyof (typeof attentionStrings)['en'];
type Item = Pick<Schemas['Attention'], 'code' | 'urgency' | 'sentence' | 'remedy' | 'values'>;

const isKey = (key: string): key is Key => key in attentionStrings.en;

/** The strings of a code; undefined for one that this page does not know yet: then the service's own sentence is shown. */
export function keysOf({ code, urgency, values }: Item): { title: Key; text: Key } | undefined {
  const title = code === 'LIVENESS_NOT_INSTALLED' && urgency === 'now' ? 'LIVENESS_REFUSES' : code;
  const text =
    code.startsWith('CERTIFICATE_') && values?.renewsItself === 1
      ? 'CERTIFICATE_ENDS.own'
      : `${sameRemedy[code] ?? code}.do`;
  return isKey(title) && isKey(text) ? { title, text } : undefined;
}

const sameRemedy: Readonly<Record<string, string>> = {
  CERTIFICATE_ENDED: 'CERTIFICATE_ENDS',
  GALLERY_NEARLY_TOO_LARGE: 'GALLERY_TOO_LARGE',
  MORE_ALERTS: 'ALERT_OPEN',
};

/** What there is and what to do, in the language of the reader. */
export function useAttentionText(): (item: Item) => { title: string; text: string } {
  const t = useStrings(attentionStrings) as (key: Key, values?: Record<string, string | number>) => string;
  const heldFor = useStrings(heldForStrings);
  const format = useFormat();
  return (item) => {
    const keys = keysOf(item);
    if (keys === undefined) return { title: item.sentence, text: item.remedy };
    const { values = {} } = item;
    const steps = String(values.steps ?? '')
      .split(' ')
      .map((step) => `step-${step}`)
      .filter(isKey)
      .map((key) => t(key));
    const filled = {
      ...values,
      count: Number(values.count ?? values.days ?? 0),
      rate: format.rate(Number(values.rate ?? 0)),
      heldFor: heldFor(values.holdsFor === 'every-group' ? values.holdsFor : 'average'),
      steps: steps.join(', '),
    };
    return { title: t(keys.title, filled), text: t(keys.text, filled) };
  };
}
