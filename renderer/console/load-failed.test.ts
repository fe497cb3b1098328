import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { noAnswer, Refusal } from '../ui/refusal.ts';
import { LanguageScope } from '../ui/strings/language.tsx';
import { refusalOf } from './api/answer-lost.ts';
import en from './load-failed.en.json' with { type: 'json' };

vi.stubGlobal('location', { origin: 'http://box' });
const { LoadFailed, Refused } = await import('./load-failed.tsx');

const shown = (error: unknown, title?: string) =>
  renderToStaticMarkup(
    createElement(() =>
      LanguageScope({
        language: 'en',
        choose: () => undefined,
        children: createElement(Refused, { of: { error }, ...(title !== undefined && { title }) }),
      }),
    ),
  ).replaceAll('&#x27;', "'");
const lost = (method: string, path: string) =>
  refusalOf(noAnswer(undefined), new Request(`http://box/api${path}`, { method }));

test('a lost answer: whatever the title of the refusal is, that it is not known whether it was done', () => {
  const words = shown(lost('POST', '/auth/recovery-codes'), 'No codes were made');
  expect(words).toContain(en.notKnown);
  expect(words).toContain(en.lostCodes);
  expect(words).not.toContain('No codes were made');
  expect(shown(lost('POST', '/admin/subjects/sub_1/disable'))).not.toContain('Nothing was changed');
});

test.each([
  ['POST', '/auth/2fa/passkey/register', 'lostPasskey'],
  ['POST', '/auth/password/code', 'lostPassword'],
  ['POST', '/auth/2fa/recovery', 'lostSignInCode'],
  ['POST', '/admin/keys', 'lostKey'],
  ['POST', '/admin/keys/key_1/rotate', 'lostRotation'],
  ['POST', '/admin/webhooks', 'lostWebhook'],
  ['POST', '/admin/webhooks/whk_1/rotate', 'lostSecret'],
  ['POST', '/admin/administrators', 'lostAdministrator'],
  ['POST', '/admin/administrators/adm_1/reset', 'lostReset'],
  ['DELETE', '/admin/administrators/adm_1', 'lostOther'],
] as const)('%s %s says what to do', (method, path, key) => {
  expect(shown(lost(method, path))).toContain(en[key]);
});

test('what the box refused keeps its title; a lost answer is not simply sent again', () => {
  const refusal = new Refusal(409, { code: 'CONFLICT', error: 'It is there.' });
  expect(shown(refusal)).toContain('Nothing was changed');
  expect(shown(refusal, 'No codes were made')).toContain('No codes were made');
  const again = (error: unknown) =>
    renderToStaticMarkup(createElement(LoadFailed, { error, retry: () => undefined })).includes('Try again');
  expect([again(refusal), again(lost('POST', '/admin/subjects'))]).toEqual([true, false]);
});

test('another account in this browser: which, and a way on', () => {
  const words = shown(new Refusal(403, { code: 'OTHER_ACCOUNT', error: 'Other.', email: 'bea@x.org' }));
  expect(words).toContain('This browser is now signed in as bea@x.org');
  expect(words).toContain(en.reload);
});
