import { BlockList, isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { organization, own } from '../../../../test/support/destinations.ts';
import { Problem } from '../../../lib/problem.ts';
import { ruleOf } from './destination.ts';
import { createDestinations } from './destination-rules.ts';
import { parseGrant } from './grants.ts';

/** Node's own lists of networks, so that one mistake does not hide in both. */
function listOf(...cidrs: string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [base = '', bits] = cidr.split('/');
    list.addSubnet(base, Number(bits), isIPv6(base) ? 'ipv6' : 'ipv4');
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

const isNever = listOf(
  ...[
    '0.0.0.0/8',
    '169.254.0.0/16',
    '168.63.129.16/32',
    '100.100.100.200/32',
    '192.0.0.0/24',
    '192.0.2.0/24',
  ],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3', '::/128', 'fe80::/9', 'ff00::/8'],
  ...['2002::/16', '2001::/32', '2001:db8::/32', 'fd00:ec2::254/128', '64:ff9b:1::/48'],
);
const isLoopback = listOf('127.0.0.0/8', '::1/128');
const isPrivate = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');
const isShared = listOf('100.64.0.0/10');

const anyAddress = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((address) => `::ffff:${address}`),
  fc.ipV4().map((address) => `64:ff9b::${address}`),
  fc.constantFrom(
    ...[
      '127.0.0.1',
      '::1',
      '10.0.0.5',
      '10.1.2.3',
      '93.184.216.9',
      '93.184.216.34',
      'fd00::5',
      '169.254.169.254',
    ],
    ...[
      '100.64.0.1',
      '192.168.1.1',
      'fe80::1',
      '::',
      '0.0.0.0',
      '2606:2800::1',
      '64:ff9b::7f00:1',
      '::127.0.0.1',
    ],
  ),
);
const anyGrant = fc
  .tuple(
    fc.constantFrom(
      ...[
        'hooks.example.org',
        '*.example.org',
        'localhost',
        '*.localhost',
        '10.0.0.0/8',
        '127.0.0.0/8',
        '0.0.0.0/0',
      ],
      ...['::/0', 'fd00::/8', '::1', '93.184.216.0/24', '10.1.2.3', '100.64.0.0/10'],
    ),
    fc.constantFrom('', ':443', ':80', ':8080', ':7300'),
  )
  .map(([host, port]) => (port !== '' && host.includes(':') ? `[${host}]${port}` : host + port));
const anyGrants = fc.array(fc.oneof(anyGrant, fc.constant('public-https')), { maxLength: 4 });
const anyHost = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('hooks.example.org', 'a.example.org', 'localhost', 'a.localhost') },
  { weight: 3, arbitrary: anyAddress.map((address) => (address.includes(':') ? `[${address}]` : address)) },
  { weight: 1, arbitrary: fc.domain() },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff).map((number) => `0x${number.toString(16)}`) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff).map(String) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const anyUrl = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTP://', 'https:/', '//'),
        fc.constantFrom('', '', '', '', 'a@', 'a:b@'),
        anyHost,
        fc.constantFrom('', '', ':443', ':80', ':8080', ':7300', ':0', ':'),
        fc.constantFrom('', '/', '/a?b', '#', '\\@example.org/', '/@127.0.0.1', '?@127.0.0.1'),
      )
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.webUrl() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);

/** What the addresses that came out are held against: written without the rules' own code. */
function mayBeDialled(
  address: string,
  host: string,
  port: number,
  secure: boolean,
  grants: string[],
): boolean {
  if (isIP(address) === 0 || address.startsWith('::ffff:') || isNever(address)) return false;
  const [, high, low] = /^64:ff9b::(?:([\da-f]{1,4}):)?([\da-f]{1,4})?$/.exec(address) ?? [];
  const translated = address.startsWith('64:ff9b::');
  const number = Number.parseInt(high ?? '0', 16) * 65_536 + Number.parseInt(low ?? '0', 16);
  const embedded = translated ? [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.') : address;
  if (translated && (isNever(embedded) || isLoopback(embedded) || isPrivate(embedded) || isShared(embedded)))
    return false;
  const here = isLoopback(address) || own.machine.includes(embedded);
  if (here && own.ports.includes(port)) return false;
  if (!secure && !isLoopback(address) && !isPrivate(address)) return false;
  return grants.some((text) => {
    if (text === 'public-https')
      return secure && port === 443 && !isLoopback(address) && !isPrivate(address) && !isShared(address);
    const [, to = '', at] = /^\[?(.*?)\]?(?<=[\]\w])(?::(443|80|8080|7300))?$/.exec(text) ?? [];
    if (port !== (at === undefined ? (secure ? 443 : 80) : Number(at))) return false;
    if (isIP(to.split('/')[0]!) !== 0) {
      const network = to.includes('/') ? to : `${to}/${isIPv6(to) ? 128 : 32}`;
      const inside = listOf(network)(address) || listOf(network)(embedded);
      return inside && (!isLoopback(address) || ['127.0.0.0/8', '::1'].includes(to));
    }
    const named = to.startsWith('*') ? host.endsWith(to.slice(1)) : host === to;
    return named && (!isLoopback(address) || /(^|\.)localhost$/.test(host));
  });
}

test('for any URL, names and grants: no forbidden address, own address or address outside the grants is returned', async () => {
  let allowed = 0;
  await fc.assert(
    fc.asyncProperty(
      anyUrl,
      fc.array(anyAddress, { minLength: 1, maxLength: 3 }),
      anyGrants,
      async (text, found, grants) => {
        const destinations = createDestinations({
          grants: { active: async () => grants.map(parseGrant) },
          outgoing: { resolve: async () => found },
          own: () => own,
        });
        const checked = await destinations.check(organization, text).catch((error) => {
          if (error instanceof Problem && ruleOf(error) !== undefined) return undefined;
          throw error;
        });
        if (!checked) return;
        allowed++;
        const { url, host, port, secure, addresses } = checked;
        expect(addresses.length).toBeGreaterThan(0);
        expect(url.hostname.replace(/^\[|\]$/g, '')).toBe(host);
        expect([url.username, url.password, url.hash]).toEqual(['', '', '']);
        expect(Number(url.port) || (url.protocol === 'https:' ? 443 : 80)).toBe(port);
        for (const address of addresses)
          expect([address, mayBeDialled(address, host, port, secure, grants)]).toEqual([address, true]);
      },
    ),
    { numRuns: 20_000 },
  );
  expect(allowed).toBeGreaterThan(100);
});
