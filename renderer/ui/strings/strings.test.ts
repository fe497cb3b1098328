import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { faultsOf, namesOf, readCatalogs, textsOf } from '../../catalogs.ts';
import { fillIn, piecesOf, sentenceOf } from './translate.ts';

const strings = {
  en: { plain: 'Hello {name}', many: { one: '{count} key', other: '{count} keys' } },
  de: { plain: 'Hallo {name}', many: { one: '{count} Schlüssel', other: '{count} Schlüssel' } },
};

test('picks the plural form of the language and fills in names and numbers as the locale writes them', () => {
  expect([
    fillIn(sentenceOf(strings, 'en', 'many', 1), { count: 1 }, 'en'),
    fillIn(sentenceOf(strings, 'en', 'many', 41207), { count: 41207 }, 'en'),
    fillIn(sentenceOf(strings, 'de', 'many', 41207), { count: 41207 }, 'de'),
    fillIn(sentenceOf(strings, 'en', 'plain'), {}, 'en'),
  ]).toEqual(['1 key', '41,207 keys', '41.207 Schlüssel', 'Hello {name}']);
});

test('cuts a sentence into text, names and tags', () => {
  expect(piecesOf('Ask <link>{name}</link> or <b>')).toEqual([
    { text: 'Ask ' },
    { tag: 'link', pieces: [{ name: 'name' }] },
    { text: ' or <b>' },
  ]);
});

const catalogs = readCatalogs(join(import.meta.dirname, '../..'));

test('every sentence has a German text with the same names and tags, and says its names to the types', () => {
  expect(catalogs.length).toBeGreaterThan(40);
  expect(catalogs.flatMap(faultsOf)).toEqual([]);
  expect(readFileSync(join(import.meta.dirname, 'names.json'), 'utf8')).toBe(namesOf(catalogs));
});

test('a sentence that is missing, empty, of another form or with other names in German is a fault', () => {
  const many = { one: '{count} key', other: '{count} keys' };
  const en = { same: '<b>{name}</b>', missing: 'A', empty: 'A', names: '{a}', tags: '<b>a</b>', many };
  const de = { same: '<b>{name}</b>', empty: ' ', names: '{b}', tags: '<i>a</i>', many: 'A', more: 'A' };
  expect(faultsOf({ name: 'x', en, de })).toEqual([
    'x missing: no German',
    'x empty: no German',
    'x names: {a} is not {b}',
    'x tags: </b> <b> is not </i> <i>',
    'x many: plural forms in one language only',
    'x more: no English',
  ]);
  const names = JSON.parse(namesOf([{ name: 'x/y', en: { ...en, 'of.two': '{b} {a}' }, de }]));
  expect(names).toEqual({
    'x/y': { same: { name: 0 }, names: { a: 0 }, many: { count: 0 }, 'of.two': { a: 0, b: 0 } },
  });
});

test('each catalog is used under its own name, in one file', () => {
  const pages = join(import.meta.dirname, '../..');
  const files = readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  const used = files.flatMap((file) => {
    const text = readFileSync(join(pages, file), 'utf8');
    return [...text.matchAll(/defineStrings\(\s*'([^']+)',\s*(\w+),\s*(\w+)\s*,?\s*\)/g)].map(
      ([, name, ...languages]) => [
        name,
        ...languages.map((one) => {
          const [, from = ''] = new RegExp(`import ${one} from '([^']+)'`).exec(text) ?? [];
          return join(dirname(file), from);
        }),
      ],
    );
  });
  expect(used.toSorted()).toEqual(
    catalogs.map(({ name }) => [name, `${name}.en.json`, `${name}.de.json`]).toSorted(),
  );
});

test('no sentence begs, cheers or blames', () => {
  const faults = catalogs.flatMap(({ name, en }) =>
    Object.entries(en).flatMap(([key, message]) =>
      textsOf(message)
        .filter((text) => /\b(please|oops|sorry|invalid|successfully)\b|!/i.test(text))
        .map((text) => `${name} ${key}: ${text}`),
    ),
  );
  expect(faults).toEqual([]);
});

test('German sentences keep to the words of docs/WORDS.md', () => {
  const [, german = ''] = readFileSync(join(import.meta.dirname, '../../../docs/WORDS.md'), 'utf8').split(
    '## German',
  );
  const refused = german
    .split('\n')
    .flatMap((line) => line.split('|')[3]?.split(',') ?? [])
    .map((word) => word.trim())
    .filter((word) => /^\p{Lu}/u.test(word));
  expect(refused).toContain('Verwalter');
  const pattern = new RegExp(`(?<!\\p{L})(${refused.join('|')})`, 'u');
  const found = catalogs.flatMap(({ name, de }) =>
    Object.entries(de).flatMap(([key, message]) =>
      textsOf(message).some((text) => pattern.test(text)) ? [`${name} ${key}`] : [],
    ),
  );
  expect(found).toEqual([]);
});
