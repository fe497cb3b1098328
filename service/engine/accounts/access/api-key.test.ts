import { createHash, randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashKey, hasKeyForm, keyPrefixes, makeKeyText, sameHash } from './api-key.ts';

test('prefix, world and 38 characters of base62, for every prefix', () => {
  for (const prefix of keyPrefixes) {
    for (const world of ['live', 'test'] as const) {
      const text = makeKeyText(prefix, world, randomFillSync);
      expect(text).toMatch(new RegExp(`^${prefix}_${world}_[0-9A-Za-z]{38}$`));
      expect(hasKeyForm(text)).toBe(true);
    }
  }
  expect(32 * Math.log2(62)).toBeGreaterThanOrEqual(160);
});

test('no character is likelier than another: the 256 bytes, one after the other', () => {
  let next = 0;
  const everyByte = (into: Uint8Array) => into.fill(next++);
  const counts = new Map<string, number>();
  while (next < 256 - 8) {
    const first = makeKeyText('gh', 'live', everyByte).charAt('gh_live_'.length);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual(Array(62).fill(4));
});

test('chance that is stuck above 247 gives no key', () => {
  let calls = 0;
  const stuck = (into: Uint8Array) => {
    into.fill(calls++ < 3 ? 250 : 0);
  };
  expect(makeKeyText('gh', 'live', stuck)).toBe(`gh_live_${'0'.repeat(32)}2LB0ao`);
  expect(calls).toBe(4);
});

test.each([
  '',
  'gh',
  'gh_live_',
  'gh_prod_abc',
  'xx_live_abc',
  'gh_live_ab-c',
  'gh_live_abc\n',
  ' gh_live_abc',
  'GH_live_abc',
  `gh_live_${'a'.repeat(129)}`,
])('%j has not the form of a key', (text) => {
  expect(hasKeyForm(text)).toBe(false);
});

test('hashes', () => {
  const hash = hashKey('gh_live_abc');
  expect(hash).toBe(createHash('sha256').update('gh_live_abc').digest('hex'));
  expect([sameHash(hash, hash), sameHash(hash, hashKey('gh_live_abd')), sameHash(hash, 'ab')]).toEqual([
    true,
    false,
    false,
  ]);
});
