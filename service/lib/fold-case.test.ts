import { expect, test } from 'vitest';
import { foldCase as foldInPages, isFoundIn } from '../../sdk/admin/fold-case.ts';
import { foldCase } from './fold-case.ts';

/** Every letter that has a case, in the forms that NFKC leaves. */
const cased = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd8_00 || code > 0xdf_ff)
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => /[\p{CWU}\p{CWL}\p{CWCF}]/u.test(letter) && letter.normalize('NFKC') === letter);

test('letters are one by Unicode’s simple case folding, which regular expressions use', () => {
  const all = cased.join('');
  const classes = Map.groupBy(cased, foldCase);
  for (const letter of cased) {
    const same = all.match(new RegExp(`\\u{${letter.codePointAt(0)!.toString(16)}}`, 'giu'));
    expect(classes.get(foldCase(letter)), letter).toEqual(same);
  }
  expect(cased.length).toBeGreaterThan(2_500);
});

test.each([
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς', true],
  ['sigmaΣ@x', 'sigmaσ@x', true],
  ['\u212a', 'k', true],
  ['STRAẞE', 'straße', true],
  ['straße', 'strasse', false],
  ['ılker', 'ilker', false],
  ['İlker', 'ilker', false],
  ['é', 'e', false],
])('%s and %s: one is %s', (one, other, same) => {
  expect(foldCase(one) === foldCase(other)).toBe(same);
});

test('the pages fold as the service does', () => {
  for (const letter of cased) expect(foldInPages(`a${letter}b`)).toBe(foldCase(`a${letter}b`));
});

test('a search of the pages finds a part of a text in any case, and ß as ss', () => {
  expect(isFoundIn(' gross ', ['Konto', undefined, 'Jonas Groß'])).toBe(true);
  expect(isFoundIn('STRASSE', ['Hauptstraße 1'])).toBe(true);
  expect(isFoundIn('gras', ['Groß'])).toBe(false);
  expect(isFoundIn('', ['Groß'])).toBe(true);
  expect(isFoundIn('a', [])).toBe(false);
});
