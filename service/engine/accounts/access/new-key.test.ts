import { expect, test } from 'vitest';
import type { OrganizationId } from '../../../lib/id.ts';
import { checkNewKey, type NewKey, parseOrigin } from './new-key.ts';

const now = 1_000;
const organization = 'org_1' as OrganizationId;
const plain: NewKey = { organization, world: 'live', scopes: ['identity'] };

test('defaults, order and spelling', () => {
  expect(checkNewKey({ ...plain, scopes: ['admin', 'identity', 'admin'] }, now)).toEqual({
    ...plain,
    scopes: ['identity', 'admin'],
    prefix: 'gh',
    name: '',
    browser: false,
    origins: [],
    cidrs: [],
    profiles: [],
  });
  expect(
    checkNewKey(
      {
        organization,
        world: 'test',
        scopes: ['behavior', 'sessions'],
        prefix: 'huma',
        name: ' shop ',
        browser: true,
        origins: ['HTTPS://Shop.Example:443/', 'https://shop.example', 'http://localhost:3000'],
        cidrs: ['10.20.30.40/16', '::ffff:10.20.0.0/112', '2001:db8::1/64'],
        profiles: ['door', 'desk', 'door'],
        expiresAt: 1_001,
      },
      now,
    ),
  ).toEqual({
    organization,
    world: 'test',
    scopes: ['sessions', 'behavior'],
    prefix: 'huma',
    name: 'shop',
    browser: true,
    origins: ['https://shop.example', 'http://localhost:3000'],
    cidrs: ['10.20.0.0/16', '2001:db8::/64'],
    profiles: ['door', 'desk'],
    expiresAt: 1_001,
  });
});

const browser: NewKey = { ...plain, browser: true, scopes: ['sessions'], origins: ['https://a.example'] };
test.each([
  ['world', { ...plain, world: 'dev' as 'live' }],
  ['prefix', { ...plain, prefix: 'xx' as 'gh' }],
  ['name', { ...plain, name: 'x'.repeat(81) }],
  ['scopes', { ...plain, scopes: [] }],
  ['scopes', { ...plain, scopes: ['identity', 'root' as 'admin'] }],
  ['expiresAt', { ...plain, expiresAt: 1_000 }],
  ['expiresAt', { ...plain, expiresAt: Number.NaN }],
  ['expiresAt', { ...plain, expiresAt: 2_000.5 }],
  ['origins', { ...plain, origins: ['shop.example'] }],
  ['origins', { ...plain, origins: ['https://*'] }],
  ['origins', { ...plain, origins: ['https://a.example;sandbox'] }],
  ['origins', { ...plain, origins: ['https://a.example,b'] }],
  ['origins', { ...plain, origins: ['https://shop.example/path'] }],
  ['origins', { ...browser, origins: [] }],
  ['cidrs', { ...plain, cidrs: ['10.0.0.7'] }],
  ['cidrs', { ...plain, cidrs: ['10.0.0.0/33'] }],
  ['scopes', { ...browser, scopes: ['sessions', 'identity'] }],
  ['scopes', { ...browser, scopes: ['admin'] }],
] as [string, NewKey][])('%s is refused by name: %j', (path, input) => {
  expect(() => checkNewKey(input, now)).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      extra: { details: [{ path, message: expect.stringMatching(/\.$/) }] },
    }),
  );
});

test.each([
  ['https://shop.example', 'https://shop.example'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['null', undefined],
  ['*', undefined],
  ['https://', undefined],
  ['https://a.example?x', undefined],
  ['https://user:pass@a.example', undefined],
  ['javascript:alert(1)', undefined],
  ['file:///etc', undefined],
  ['', undefined],
])('origin %j is %j', (text, origin) => {
  expect(parseOrigin(text)).toBe(origin);
});
