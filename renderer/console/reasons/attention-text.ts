import { useLanguage } from '../../ui/strings/language.tsx';
import { useStrings } from '../../ui/strings/use-strings.ts';
import type { Schemas } from '../api/admin.ts';
import { alertNameStrings, isAlertName } from './alert-name-strings.ts';
import { attentionText } from './attention-strings.ts';

type Item = Pick<Schemas['Attention'], 'code' | 'sentence' | 'remedy' | 'values'>;

/** `attentionText` in the language of the reader. */
export function useAttentionText(): (item: Item) => ReturnType<typeof attentionText> {
  const { language, locale } = useLanguage();
  const alertName = useStrings(alertNameStrings);
  return (item) => {
    const { metric } = item.values ?? {};
    const named = isAlertName(metric) ? { values: { ...item.values, name: alertName(metric) } } : {};
    return attentionText({ ...item, ...named }, language, locale);
  };
}
