import { expect, test } from 'vitest';
import { isSecureContext, siteOf } from './administrator-sessions.ts';

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
  ['http', '', 'The proxy sends no Host header'],
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

test.each([
  [
    'http',
    '127.0.0.1:7300',
    'https://gate.example',
    'another Host header ("127.0.0.1:7300") than the browser ("gate.example")',
  ],
  ['https', 'gate.example', 'https://gate.example:7438', 'another Host header'],
  ['http', 'gate.example', 'https://gate.example', 'X-Forwarded-Proto'],
] as const)('at %s://%s for a page at %s the proxy is named', (protocol, host, origin, said) => {
  expect(() => siteOf({ protocol, headers: { host, origin } })).toThrow(
    expect.objectContaining({ code: 'PASSKEY_REFUSED', message: expect.stringContaining(said) }),
  );
});

test('a page at an IP address is named as such, and one at its own name is taken', () => {
  const at = (origin: string) =>
    siteOf({ protocol: 'https', headers: { host: new URL(origin).host, origin } });
  expect(() => at('https://192.168.1.9:7300')).toThrow(/IP address/);
  expect(at('https://gate.example:7300').rpId).toBe('gate.example');
});
