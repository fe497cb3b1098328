import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Message, Strings } from './define-strings.ts';
import { defineStrings } from './define-strings.ts';
import { fillIn, piecesOf, sentenceOf } from './translate.ts';

const strings = defineStrings(
  { plain: 'Hello {name}', many: { one: '{count} key', other: '{count} keys' } },
  { plain: 'Hallo {name}', many: { one: '{count} Schlüssel', other: '{count} Schlüssel' } },
);

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

/** Every catalog of the pages, by its file. */
async function catalogs(): Promise<[string, Strings<Record<string, Message>>][]> {
  const root = join(import.meta.dirname, '../..');
  const files = globSync('**/*strings.ts', { cwd: root }).filter(
    (file) => !/(use|define)-strings/.test(file),
  );
  const modules = await Promise.all(
    files.map(async (file) => [file, await import(join(root, file))] as const),
  );
  return modules.flatMap(([file, module]) =>
    Object.values(module as Record<string, unknown>)
      .filter(
        (one): one is Strings<Record<string, Message>> =>
          typeof one === 'object' && one !== null && 'de' in one,
      )
      .map((one): [string, Strings<Record<string, Message>>] => [file, one]),
  );
}

const texts = (message: Message) => (typeof message === 'string' ? [message] : [message.one, message.other]);
const holes = (message: Message) =>
  [...new Set(texts(message).flatMap((text) => text.match(/\{\w+\}|<\/?\w+>/g) ?? []))].sort();

test('every sentence has the same names and tags in both languages, and a German text', async () => {
  const found = await catalogs();
  expect(found.length).toBeGreaterThan(4);
  const faults = found.flatMap(([file, { en, de }]) =>
    Object.keys(en).flatMap((key) => {
      const [english, german] = [en[key] ?? '', de[key] ?? ''];
      if (texts(german).some((text) => text.trim() === '')) return [`${file} ${key}: no German`];
      const same = JSON.stringify(holes(english)) === JSON.stringify(holes(german));
      return same ? [] : [`${file} ${key}: ${holes(english)} is not ${holes(german)}`];
    }),
  );
  expect(faults).toEqual([]);
});

test('no sentence begs, cheers or blames', async () => {
  const found = await catalogs();
  const faults = found.flatMap(([file, { en }]) =>
    Object.entries(en).flatMap(([key, message]) =>
      texts(message)
        .filter((text) => /\b(please|oops|sorry|invalid|successfully)\b|!/i.test(text))
        .map((text) => `${file} ${key}: ${text}`),
    ),
  );
  expect(faults).toEqual([]);
});
