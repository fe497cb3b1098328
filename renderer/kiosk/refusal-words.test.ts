import { readFileSync } from 'node:fs';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Refusal } from '../ui/refusal.ts';
import { Said } from '../ui/said.tsx';
import type { Language } from '../ui/strings/define-strings.ts';
import { LanguageScope } from '../ui/strings/language.tsx';
import { refusalStrings, useRefusalWords } from './refusal-words.ts';

const shown = (language: Language, error: unknown, doing?: 'pair') =>
  renderToStaticMarkup(
    createElement(() =>
      LanguageScope({
        language,
        choose: () => undefined,
        children: createElement(() => createElement(Said, useRefusalWords(doing)(error))),
      }),
    ),
  );
const { de } = refusalStrings;
const wrong = new Refusal(401, { code: 'SIGN_IN_REFUSED', error: 'It is wrong.' });

test('German: by the code, and what is being done; a code that is not of these pages with the words of the box', () => {
  expect(shown('de', wrong)).toBe(de.SIGN_IN_REFUSED);
  expect(shown('de', wrong, 'pair')).toBe(de['pair.SIGN_IN_REFUSED']);
  const full = new Refusal(507, { code: 'STORAGE_FULL', error: 'The disk is full.' });
  expect(shown('de', full)).toMatch(/^Das Gerät .+<span lang="en"[^>]*>The disk is full\.<\/span>$/);
  expect(shown('de', new Refusal(0, { code: 'NO_ANSWER' }))).toContain('nicht geantwortet');
});

test('English: as the box wrote it', () => {
  expect(shown('en', wrong)).toBe('It is wrong.');
});

test('each code is one of the product', () => {
  const all = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');
  const codes = Object.keys(de).filter((key) => key !== 'other');
  expect(codes.filter((key) => !all.includes(`| \`${key.split('.').at(-1)}\` |`))).toEqual([]);
});
