import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { TextName } from './flow-values.ts';
import { flowStrings } from './strings.ts';

/** A field of the form in words: "Heading, German". */
export function useFieldName(): (path: string) => string {
  const t = useStrings(flowStrings);
  return (path) => {
    const [first = '', second = '', third = ''] = path.split('.');
    if (first === 'texts') {
      const language = t(second === 'en' ? 'english' : 'german');
      return t('field', { text: t(`text.${third as TextName}`), language });
    }
    if (first === 'redirects') return `${t('redirects')}: ${t(second === 'success' ? 'success' : 'failure')}`;
    return first === 'name' || first === 'product' || first === 'profile' || first === 'minimumAge'
      ? t(first)
      : path;
  };
}
