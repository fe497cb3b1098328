import { expect, test } from 'vitest';
import { fromCookie, toCookie } from './session-cookie.ts';

test('the cookie is for this page of this site alone, and over TLS for TLS alone', () => {
  expect(toCookie('s3', { seconds: 1800, secure: false })).toBe(
    'gatehouse_jobs=s3; Path=/jobs; Max-Age=1800; HttpOnly; SameSite=Strict',
  );
  expect(toCookie('s3', { seconds: 1800, secure: true })).toMatch(/; Secure$/);
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['gatehouse_jobs=', undefined],
  ['gatehouse_jobs', undefined],
  ['gatehouse_jobs=abc', 'abc'],
  ['a=b; gatehouse_jobs=abc;c=d', 'abc'],
  ['xgatehouse_jobs=abc', undefined],
])('of the header %j the session is %j', (header, session) => {
  expect(fromCookie(header)).toBe(session);
});
