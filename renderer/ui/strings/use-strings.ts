import { createElement, Fragment, type ReactNode, useMemo } from 'react';
import type { Messages, Strings, ValuesOf } from './define-strings.ts';
import { useLanguage } from './language.tsx';
import { fillIn, type Piece, piecesOf, sentenceOf } from './translate.ts';

export interface Translate<M extends Messages> {
  /** The sentence as text. */
  <Key extends keyof M & string>(key: Key, ...values: ValuesOf<M[Key], string | number>): string;
  /** The sentence with elements in it: `{name}` by value, `<link>…</link>` by a function that gets what is inside. */
  rich<Key extends keyof M & string>(
    key: Key,
    values: Record<string, ReactNode | ((inside: ReactNode) => ReactNode)>,
  ): ReactNode;
}

/** The sentences of a feature in the reader's language. */
export function useStrings<M extends Messages>(strings: Strings<M>): Translate<M> {
  const { language, locale } = useLanguage();
  return useMemo(() => {
    const translate = (key: string, values: Readonly<Record<string, unknown>> = {}) =>
      fillIn(sentenceOf(strings, language, key, values.count), values, locale);
    const rich = (key: string, values: Record<string, unknown>) => {
      const sentence = sentenceOf(strings, language, key, values.count);
      return render(piecesOf(sentence), values, locale);
    };
    return Object.assign(translate, { rich }) as unknown as Translate<M>;
  }, [strings, language, locale]);
}

function render(pieces: Piece[], values: Record<string, unknown>, locale: string): ReactNode {
  return pieces.map((piece, index) => {
    const node = nodeOf(piece, values, locale);
    return createElement(Fragment, { key: index }, node);
  });
}

function nodeOf(piece: Piece, values: Record<string, unknown>, locale: string): ReactNode {
  if ('text' in piece) return piece.text;
  if ('name' in piece) {
    const value = values[piece.name];
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : (value as ReactNode);
  }
  const inside = render(piece.pieces, values, locale);
  const wrap = values[piece.tag];
  return typeof wrap === 'function' ? (wrap as (inside: ReactNode) => ReactNode)(inside) : inside;
}
