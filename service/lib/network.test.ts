import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNetwork } from './network.ts';

test.each([
  ['10.20.0.0/16', '10.20.0.0/16', 16],
  ['10.20.30.40/16', '10.20.0.0/16', 16],
  [' 192.168.1.7/32 ', '192.168.1.7/32', 32],
  ['1.2.3.4/0', '0.0.0.0/0', 0],
  ['2001:DB8:0:0:1::5/32', '2001:db8::/32', 32],
  ['fe80::1/128', 'fe80::1/128', 128],
  ['::/0', '::/0', 0],
  ['::ffff:10.20.30.40/112', '10.20.0.0/16', 16],
  ['::ffff:10.20.30.40/128', '10.20.30.40/32', 32],
])('%s is %s', (written, cidr, bits) => {
  expect(parseNetwork(written)).toMatchObject({ cidr, bits });
});

test.each([
  '',
  '10.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/ 8',
  '10.0.0/8',
  '10/8',
  '0x0a.0.0.0/8',
  '010.0.0.0/8',
  '256.0.0.0/8',
  '2001:db8::/129',
  '::ffff:10.0.0.0/95',
  'example.org/8',
  '/8',
  '10.0.0.0/8/8',
])('%j is no network', (written) => {
  expect(parseNetwork(written)).toBeUndefined();
});

test.each([
  ['10.20.0.0/16', '10.20.255.255', true],
  ['10.20.0.0/16', '10.21.0.0', false],
  ['10.20.0.0/16', '::ffff:10.20.1.1', true],
  ['10.20.0.0/16', '::ffff:0a14:0101', true],
  ['0.0.0.0/0', '::1', false],
  ['::/0', '10.0.0.1', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['10.20.0.0/16', 'not an address', false],
  ['10.20.0.0/16', '', false],
  ['10.0.0.0/8', '10.1', false],
])('%s holds %s: %s', (cidr, address, expected) => {
  expect(parseNetwork(cidr)?.holds(address)).toBe(expected);
});

test('an IPv4 address is held exactly when its leading bits are those of the network', () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 32 }), fc.boolean(), (base, noise, bits, near) => {
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      const address = near ? ((base & mask) | (noise & ~mask)) >>> 0 : noise;
      const network = parseNetwork(`${dotted(base)}/${bits}`)!;
      expect(network.cidr).toBe(`${dotted((base & mask) >>> 0)}/${bits}`);
      expect(network.holds(dotted(address))).toBe((address & mask) >>> 0 === (base & mask) >>> 0);
    }),
  );
});

test('its own spelling parses to itself', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, bits) => {
      const network = parseNetwork(`${address}/${bits}`);
      if (network)
        expect(parseNetwork(network.cidr)).toMatchObject({ cidr: network.cidr, bits: network.bits });
    }),
  );
});
