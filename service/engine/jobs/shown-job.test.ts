import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownError, shownPayload } from './shown-job.ts';

test('of a payload only ids that name no person, numbers and switches are shown', () => {
  expect(
    shownPayload({
      delivery: 'dlv_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      attempt: 3,
      test: false,
      subject: 'sub_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      email: 'ada@example.com',
      url: 'https://example.com/?dlv_1',
      nested: { endpoint: 'wh_1' },
      nothing: null,
    }),
  ).toEqual({ delivery: 'dlv_01ARZ3NDEKTSV4RRFFQ69G5FAV', attempt: 3, test: false, notShown: 5 });
  expect(shownPayload({ endpoint: 'wh_1' })).toEqual({ endpoint: 'wh_1' });
});

test('an error is one short printable line, whatever it was', () => {
  expect(shownError('HTTP 500\n{"email":"ada@example.com"}')).toBe('HTTP 500');
  expect(shownError('HTTP 500\u2028body')).toBe('HTTP 500');
  expect(shownError('a\u001b[31mb')).toBe('a\ufffd[31mb');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const shown = shownError(text);
      expect(shown.length).toBeLessThanOrEqual(200);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    }),
  );
});
