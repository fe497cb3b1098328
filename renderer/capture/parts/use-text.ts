import { useLanguage } from '../../ui/strings/language.tsx';
import type { Text } from '../session/wire.ts';

/** A text of the caller in the language of the page, else in the one that it has. */
export function useText(): (text: Text | undefined) => string | undefined {
  const { language } = useLanguage();
  return (text) => {
    const found = typeof text === 'object' ? (text[language] ?? text.en ?? text.de) : text;
    return found?.trim() || undefined;
  };
}
