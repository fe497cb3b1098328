import type { Language, Message, Messages, Strings } from './define-strings.ts';

const rules = new Map<Language, Intl.PluralRules>();

function formOf(message: Message, language: Language, count: unknown): string {
  if (typeof message === 'string') return message;
  const known = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, known);
  return known.select(Number(count)) === 'one' ? message.one : message.other;
}

/** One piece of a sentence: its text, or the name of what stands in it. */
export type Piece = { text: string } | { name: string } | { tag: string; pieces: Piece[] };

/** Cuts `Ask <link>{name}</link>.` into pieces. A tag that is never closed stays text. */
export function piecesOf(sentence: string): Piece[] {
  const pieces: Piece[] = [];
  const pattern = /\{(\w+)\}|<(\w+)>(.*?)<\/\2>/gs;
  let at = 0;
  for (const match of sentence.matchAll(pattern)) {
    if (match.index > at) pieces.push({ text: sentence.slice(at, match.index) });
    const [all, name, tag, inner] = match;
    pieces.push(name === undefined ? { tag: tag ?? '', pieces: piecesOf(inner ?? '') } : { name });
    at = match.index + all.length;
  }
  if (at < sentence.length) pieces.push({ text: sentence.slice(at) });
  return pieces;
}

/** The sentence in that language with its plural form, `{names}` not filled in yet. */
export const sentenceOf = <M extends Messages>(
  strings: Strings<M>,
  language: Language,
  key: keyof M,
  count?: unknown,
): string => formOf((strings[language] as Messages)[key as string] ?? '', language, count);

/** Fills in `{names}`; numbers as the locale writes them. */
export function fillIn(sentence: string, values: Readonly<Record<string, unknown>>, locale: string): string {
  return sentence.replace(/\{(\w+)\}/g, (all, name: string) => {
    const value = values[name];
    if (value === undefined) return all;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : String(value);
  });
}
