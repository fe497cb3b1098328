import { Refusal } from '../ui/refusal.ts';
import type { Words } from '../ui/said.tsx';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { useLanguage } from '../ui/strings/language.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { kioskStrings } from './kiosk-strings.ts';
import de from './refusal-strings.de.json' with { type: 'json' };
import en from './refusal-strings.en.json' with { type: 'json' };

/** What the box refuses at a kiosk, by its code; `pair.`: while it is paired. */
export const refusalStrings = defineStrings('kiosk/refusal-strings', en, de);

type Key = keyof typeof en;
const isKey = (key: string): key is Key => Object.hasOwn(en, key);

/** What the box refused, for the person in front: English as the box wrote it. */
export function useRefusalWords(doing: 'pair' | 'visit' = 'visit'): (error: unknown) => Words {
  const t = useStrings(refusalStrings);
  const kiosk = useStrings(kioskStrings);
  const { language } = useLanguage();
  return (error) => {
    const own = error instanceof Refusal ? error.sentence : undefined;
    if (own === undefined) return { text: kiosk('noAnswer') };
    if (language === 'en') return { text: own };
    const { code } = error as Refusal;
    const key = [`${doing}.${code}`, code].find(isKey);
    return key === undefined ? { text: t('other'), own } : { text: t(key) };
  };
}
