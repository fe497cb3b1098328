import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { type Language, languages } from './define-strings.ts';

interface LanguageChoice {
  language: Language;
  /** For Intl: the reader's own variant of the language, as `en-GB`. */
  locale: string;
  choose(language: Language): void;
}

const KEY = 'gatehouse-language';
const isLanguage = (text: string | null): text is Language => languages.some((one) => one === text);

/** What was chosen in this browser, else the first language the browser asks for that we speak, else `otherwise`. */
export function languageOf(
  chosen: string | null,
  asked: readonly string[],
  otherwise: Language = 'en',
): Language {
  if (isLanguage(chosen)) return chosen;
  return asked.map((one) => one.split('-')[0] ?? '').find(isLanguage) ?? otherwise;
}

export const localeOf = (language: Language, asked: readonly string[]): string =>
  asked.find((one) => one.split('-')[0] === language) ?? language;

const Context = createContext<LanguageChoice>({ language: 'en', locale: 'en', choose: () => undefined });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(() => languageOf(localStorage.getItem(KEY), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((next: Language) => {
    localStorage.setItem(KEY, next);
    setLanguage(next);
  }, []);
  const choice = useMemo(
    () => ({
      language,
      locale: localeOf(language, navigator.languages),
      choose,
    }),
    [language, choose],
  );
  return <Context value={choice}>{children}</Context>;
}

/** In a language that the page itself knows: of a link, or of the person who just chose it. */
export function LanguageScope({
  language,
  choose,
  children,
}: Pick<LanguageChoice, 'language' | 'choose'> & { children: ReactNode }) {
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choice = useMemo(
    () => ({ language, locale: localeOf(language, navigator.languages), choose }),
    [language, choose],
  );
  return <Context value={choice}>{children}</Context>;
}

export const useLanguage = (): LanguageChoice => useContext(Context);
