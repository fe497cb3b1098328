import { expect, test } from 'vitest';
import { isSecureContext, siteOf } from './site.ts';

const at = (protocol: 'http' | 'https', host: string) => ({ protocol, headers: { host } });

test.each([
  ['https', 'gatehouse.home.arpa', 'gatehouse.home.arpa', 'https://gatehouse.home.arpa'],
  ['https', 'Gatehouse.home.arpa:7300', 'gatehouse.home.arpa', 'https://gatehouse.home.arpa:7300'],
  ['http', 'localhost:7300', 'localhost', 'http://localhost:7300'],
  ['http', 'box.localhost', 'box.localhost', 'http://box.localhost'],
] as const)('at %s://%s passkeys are bound to %s', (protocol, host, rpId, origin) => {
  expect(siteOf(at(protocol, host))).toEqual({ rpId, rpName: 'Gatehouse', origin });
});

test.each([
  ['https', '192.168.1.9:7300', 'IP address'],
  ['http', '127.0.0.1:7300', 'IP address'],
  ['https', '[fe80::1]:7300', 'IP address'],
  ['http', 'gatehouse.home.arpa', 'HTTPS'],
  ['http', '', 'IP address'],
] as const)('at %s://%s there are none, and the refusal says what to do', (protocol, host, said) => {
  expect(() => siteOf(at(protocol, host))).toThrow(
    expect.objectContaining({ code: 'PASSKEY_REFUSED', message: expect.stringContaining(said) }),
  );
});

test.each([
  ['https', '192.168.1.9', true],
  ['https', 'gatehouse.home.arpa', true],
  ['http', 'localhost:7300', true],
  ['http', '127.0.0.1:7300', true],
  ['http', '[::1]:7300', true],
  ['http', '192.168.1.9:7300', false],
  ['http', 'gatehouse.home.arpa', false],
] as const)('%s://%s takes a secure cookie: %s', (protocol, host, takes) => {
  expect(isSecureContext(at(protocol, host))).toBe(takes);
});
