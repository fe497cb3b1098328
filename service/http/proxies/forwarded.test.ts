import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createProxyList } from '../listening/own-hosts.ts';
import { readForwarded, statedPrefix } from './forwarded.ts';

const isProxy = createProxyList(['10.0.0.0/8', 'fe80::/10']);

function read(headers: Record<string, string>, remoteAddress = '10.0.0.2') {
  const request = { headers: { ...headers }, socket: { remoteAddress } };
  readForwarded(request as unknown as IncomingMessage, isProxy);
  const { 'x-forwarded-for': list, 'x-forwarded-proto': proto, 'x-forwarded-host': host } = request.headers;
  return { list, ...(proto && { proto }), ...(host && { host }) };
}

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:567', '203.0.113.9'],
  ['[::1]:567', '::1'],
  ['[2001:db8::17]', '2001:db8::17'],
  ['2001:db8::17', '2001:db8::17'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25eth0]:567', 'fe80::1'],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
  ['198.51.100.7:80 ,\t203.0.113.9:567,10.1.1.1:1', '198.51.100.7, 203.0.113.9, 10.1.1.1'],
  // No addresses stay what they are: no network holds them.
  ['unknown', 'unknown'],
  ['203.0.113.9:', '203.0.113.9:'],
  ['0x7f.1:80', '0x7f.1:80'],
  ['127.1:80', '127.1:80'],
  ['[evil]:1', '[evil]:1'],
])('X-Forwarded-For: %s is %s', (sent, list) => {
  expect(read({ 'x-forwarded-for': sent })).toEqual({ list });
});

test.each([
  ['for=203.0.113.9', { list: '203.0.113.9' }],
  ['For="203.0.113.9:567";Proto=HTTPS', { list: '203.0.113.9', proto: 'https' }],
  [
    'for="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.2;host="gate.example:8443"',
    { list: '2001:db8:cafe::17', proto: 'https' },
  ],
  ['for=203.0.113.9;proto=https, for=10.0.0.3;proto=http', { list: '203.0.113.9, 10.0.0.3', proto: 'https' }],
  // What a client sends of its own stands before what the proxies add.
  [
    'for=127.0.0.1;proto=http;host=evil.example, for=203.0.113.9;proto=https',
    { list: '127.0.0.1, 203.0.113.9', proto: 'https' },
  ],
  ['for=unknown;proto=https', { list: 'unknown', proto: 'https' }],
  ['for=_hidden', { list: '_hidden' }],
  ['proto=gopher', { list: 'unknown' }],
  // Malformed, as by a client that leaves a quote open before what the proxy adds.
  ['for="127.0.0.1, for=203.0.113.9', { list: 'unknown' }],
  ['for="a, for="203.0.113.9"', { list: 'unknown' }],
  ['for=10.0.0.1;for=10.0.0.9', { list: 'unknown' }],
  ['', { list: 'unknown' }],
] as const)('Forwarded: %s is %j', (forwarded, found) => {
  expect(read({ forwarded })).toEqual(found);
});

test('what a client sent of its own is not read where it is long: the proxies’ addresses stand at the end', () => {
  const own = Array.from({ length: 5_000 }, () => '10.9.9.9');
  const list = [...own.slice(0, 30), '203.0.113.9', '10.0.0.3'].join(', ');
  expect(read({ 'x-forwarded-for': [...own, '203.0.113.9', '10.0.0.3'].join(',') })).toEqual({ list });
  const hops = [...own, '203.0.113.9', '10.0.0.3'].map((address) => `for=${address}`).join(',');
  expect(read({ forwarded: hops })).toEqual({ list });
});

test('X-Forwarded-For goes before Forwarded, which a client may have sent past its proxy', () => {
  expect(read({ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=10.0.0.9;host=evil.example' })).toEqual({
    list: '203.0.113.9',
  });
});

test('X-Forwarded-Host is never read: a proxy passes on what its caller wrote', () => {
  for (const address of ['10.0.0.2', '203.0.113.9'])
    expect(read({ 'x-forwarded-host': 'evil.example' }, address)).toEqual({ list: undefined });
});

test('of a connection that is no proxy’s nothing is read', () => {
  expect(read({ forwarded: 'for=10.0.0.9;proto=https' }, '203.0.113.9')).toEqual({ list: undefined });
});

test.each([
  ['/gatehouse', '/gatehouse'],
  ['/gatehouse//', '/gatehouse'],
  ['/', undefined],
  // Beyond what a proxy states, nothing is looked for: the time for slashes before another letter grows with the square of their number.
  [`${'/'.repeat(300)}x`, undefined],
])('X-Forwarded-Prefix: %s is %s', (sent, prefix) => {
  expect(statedPrefix({ headers: { 'x-forwarded-prefix': sent } })).toBe(prefix);
});
