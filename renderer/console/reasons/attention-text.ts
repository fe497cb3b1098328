import { useFormat } from '../../ui/strings/use-format.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import type { Schemas } from '../api/admin.ts';
import { alertNameStrings, isAlertName } from './alert-name-strings.ts';
import { type AttentionKey, attentionStrings, isKey, keysOf } from './attention-strings.ts';
import { heldForStrings } from './held-for-strings.ts';

type Item = Pick<Schemas['Attention'], 'code' | 'sentence' | 'remedy' | 'values'>;

/** What there is and what to do, in the language of the reader. */
export function useAttentionText(): (item: Item) => { title: string; text: string } {
  const t = useStrings(attentionStrings) as (
    key: AttentionKey,
    values?: Record<string, string | number>,
  ) => string;
  const heldFor = useStrings(heldForStrings);
  const alertName = useStrings(alertNameStrings);
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
      name: isAlertName(values.metric) ? alertName(values.metric) : (values.name ?? ''),
    };
    return { title: t(keys.title, filled), text: t(keys.text, filled) };
  };
}
