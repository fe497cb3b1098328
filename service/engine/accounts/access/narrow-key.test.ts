import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeyId, OrganizationId } from '../../../lib/id.ts';
import { parseNetwork } from '../../../lib/network.ts';
import type { ApiKey } from './api-key.ts';
import { narrowKey } from './new-key.ts';

const keyIn = (...cidrs: string[]): ApiKey => ({
  id: 'key_1' as KeyId,
  organization: 'org_1' as OrganizationId,
  name: '',
  prefix: 'gh',
  world: 'live',
  hint: '',
  scopes: ['identity'],
  origins: [],
  browser: false,
  cidrs,
  profiles: [],
  lineage: 'key_1',
  createdAt: 0,
});
const narrow = (from: string[], to: string[]) => narrowKey(keyIn(...from), { cidrs: to }, 0).cidrs;

test.each([
  ['10.0.0.0/16', '10.0.0.0/8'],
  ['10.0.0.0/16', '10.0.0.0/15'],
  ['10.0.0.0/16', '0.0.0.0/0'],
  ['10.0.0.0/16', '::ffff:10.0.0.0/104'],
  ['10.0.0.0/16', '::/0'],
  ['0.0.0.0/0', '::/0'],
  ['2001:db8::/48', '2001:db8::/32'],
  ['2001:db8::/48', '2001:db8::/47'],
  ['2001:db8::/48', '::/0'],
  ['::/0', '0.0.0.0/0'],
])('a key of %s is not widened to %s, which begins with the same address', (from, to) => {
  expect(() => narrow([from], [to])).toThrow(`The key is bound to ${from}.`);
  expect(() => narrow([from], [from, to])).toThrow(`The key is bound to ${from}.`);
});

test('networks inside the key’s own, and these themselves, are taken', () => {
  const own = ['10.0.0.0/16', '2001:db8::/32'];
  expect(narrow(own, own)).toEqual(own);
  expect(narrow(own, ['10.0.0.0/17', '2001:db8::/48'])).toEqual(['10.0.0.0/17', '2001:db8::/48']);
});

test('no change of networks lets an address in that was kept out before', () => {
  // Few addresses and all lengths, so that networks often hold one another.
  const part = fc.constantFrom(0, 1, 128, 255);
  const address = fc.tuple(fc.constantFrom(10, 11), part, part, part).map((parts) => parts.join('.'));
  const network = fc
    .tuple(address, fc.integer({ min: 0, max: 32 }))
    .map(([base, bits]) => parseNetwork(`${base}/${bits}`)!.cidr);
  const some = fc.array(network, { minLength: 1, maxLength: 3 });
  const holds = (networks: string[], one: string) => networks.some((cidr) => parseNetwork(cidr)!.holds(one));
  fc.assert(
    fc.property(some, some, fc.array(address, { maxLength: 20 }), (from, to, addresses) => {
      let narrowed: string[];
      try {
        narrowed = narrow(from, to);
      } catch {
        return;
      }
      for (const one of addresses) if (holds(narrowed, one)) expect(holds(from, one)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
