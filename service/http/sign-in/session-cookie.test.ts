import { expect, test } from 'vitest';
import { endedSessionCookie, fromSessionCookie, toSessionCookie } from './administrator-sessions.ts';

test('the cookie is read by no script, sent to this host alone, over TLS, and with nothing that another site begins', () => {
  expect(toSessionCookie('s3')).toBe(
    '__Host-gatehouse-session=s3; Path=/; Secure; HttpOnly; SameSite=Strict',
  );
  expect(endedSessionCookie).toBe(
    '__Host-gatehouse-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict',
  );
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['__Host-gatehouse-session=', undefined],
  ['__Host-gatehouse-session', undefined],
  ['__Host-gatehouse-session=abc', 'abc'],
  ['a=b; __Host-gatehouse-session=abc;c=d', 'abc'],
  ['gatehouse-session=abc', undefined],
  ['x__Host-gatehouse-session=abc', undefined],
])('of the header %j the secret is %j', (header, secret) => {
  expect(fromSessionCookie(header)).toBe(secret);
});
