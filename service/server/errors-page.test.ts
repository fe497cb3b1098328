import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorSentences, errorsPage } from './errors-page.ts';

test('docs/ERRORS.md is that of this code: npm run generate', () => {
  expect(readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')).toBe(errorsPage());
});

test('the console has a sentence for each code: npm run generate, then write it in German', () => {
  const catalog = (language: string) =>
    JSON.parse(
      readFileSync(
        new URL(`../../renderer/console/reasons/refusal-strings.${language}.json`, import.meta.url),
        'utf8',
      ),
    ) as Record<string, string>;
  expect(catalog('en')).toEqual(errorSentences());
  expect(Object.keys(catalog('de')).toSorted()).toEqual(Object.keys(errorSentences()).toSorted());
});
