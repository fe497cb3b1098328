import { expect, test } from 'vitest';
import { siteOf, sourceOf } from './source.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::6', '2001:db8:1:3::/64'],
  ['fe80::1%br-lan', 'fe80::/64'],
  ['fe80::1%eth0.10', 'fe80::/64'],
  ['64:ff9b::203.0.113.9', '203.0.113.9'],
  ['/run/gatehouse.sock', 'unknown'],
  // Of a connection that was reset.
  [undefined as unknown as string, 'unknown'],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['::ffff:203.0.113.9', undefined],
  ['fe80::1%br-lan', 'fe80::/48'],
  ['203.0.113.9', undefined],
  ['64:ff9b::203.0.113.9', undefined],
  ['/run/gatehouse.sock', undefined],
])('the site of %s is %s', (address, site) => {
  expect(siteOf(address)).toBe(site);
});
