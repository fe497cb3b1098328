import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Refusal } from '../../ui/refusal.ts';
import type { Language } from '../../ui/strings/define-strings.ts';
import { LanguageScope } from '../../ui/strings/language.tsx';
import { RefusalWords, refusalStrings } from './refusal-words.tsx';

const shown = (language: Language, status: number, body: Record<string, unknown>) =>
  renderToStaticMarkup(
    createElement(() =>
      LanguageScope({
        language,
        choose: () => undefined,
        children: createElement(RefusalWords, { error: new Refusal(status, body) }),
      }),
    ),
  );
const { de } = refusalStrings;
const own = (sentence: string) =>
  expect.stringMatching(new RegExp(`^[^<]+<span lang="en"[^>]*>${sentence}</span>$`));

test('German: cause and remedy of the code; the sentence of the box below, as English, where it says more', () => {
  const conflict = { code: 'CONFLICT', error: 'The flow is published: unpublish it first.' };
  expect(shown('de', 409, conflict)).toContain(de.CONFLICT);
  expect(shown('de', 409, conflict)).toEqual(own(conflict.error));
  expect(shown('de', 409, { code: 'LAST_FACTOR', error: 'It is the last one.' })).toBe(de.LAST_FACTOR);
  expect(shown('de', 418, { code: 'OF_TOMORROW', error: 'Made of tea.' })).toEqual(own('Made of tea.'));
  expect(shown('de', 502, {})).toContain('502');
  expect(shown('de', 0, { code: 'NO_ANSWER' })).toContain('nicht geantwortet');
});

test('German: each wrong field by its rule; what no rule says, in the words of the box', () => {
  const fault = (body: object) =>
    shown('de', 400, { code: 'INVALID_REQUEST', error: 'The field "name" is missing.', details: [body] });
  expect(fault({ path: 'name', message: 'It is missing.', rule: 'missing' })).toBe(
    `${de.INVALID_REQUEST}<ul><li><code>name</code>: Diese Angabe fehlt.</li></ul>`,
  );
  const few = { path: 'ttl', message: 'It must be at most 3600.', rule: 'max', limit: 3600 };
  expect(fault(few)).toContain('Höchstens 3.600 ist möglich.');
  const kind = { path: '', message: 'It must be an object.', rule: 'type', values: ['object'] };
  expect(fault(kind)).toContain('<li>Das muss ein Objekt sein.</li>');
  expect(fault({ path: 'slug', message: 'It must be lower-case letters.' })).toMatch(
    /Diese Angabe ist so nicht möglich\.<span lang="en"[^>]*>It must be lower-case letters\.<\/span>/,
  );
});

test('English: the sentence of the box, and nothing else', () => {
  const details = [{ path: 'name', message: 'It is missing.', rule: 'missing' }];
  const error = 'The field “name” is missing.';
  expect(shown('en', 400, { code: 'INVALID_REQUEST', error, details })).toBe(error);
  expect(shown('en', 502, {})).toBe('The answer was 502.');
});
