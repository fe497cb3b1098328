import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import de from './model-strings.de.json' with { type: 'json' };
import en from './model-strings.en.json' with { type: 'json' };

/** What models/manifest.json says of a model, a scorer or a PAD set, by its id. */
export const modelTexts = defineStrings('console/reasons/model-strings', en, de);

const isKey = (key: string): key is keyof typeof en => Object.hasOwn(en, key);

/** In the language of the reader; `own`: the service's words, for what these pages do not know yet. */
export function useModelText(): (
  what: 'provenance' | 'doubts' | 'data' | 'groups' | 'words',
  id: string,
  own: string,
) => string {
  const t = useStrings(modelTexts);
  return (what, id, own) => {
    const key = `${what}.${id}`;
    return isKey(key) ? t(key) : own;
  };
}

/** The same of a name, a licence or a measurement, which the catalog has by the service's own words. */
export function useModelWords(): (own: string) => string {
  const textOf = useModelText();
  return (own) => textOf('words', own, own);
}
export const ModelWords = ({ of }: { of: string }) => useModelWords()(of);
