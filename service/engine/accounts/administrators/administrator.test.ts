import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeCode, makeSecret, readCode } from './administrator.ts';

test('codes: as many bits as letters, five each, none that is read as another', () => {
  expect(makeCode([5, 5], (into) => into.fill(0))).toBe('00000-00000');
  expect(makeCode([2, 1], (into) => into.fill(255))).toBe('zz-z');
  const letters = new Set(Array.from({ length: 500 }, () => makeCode([16], randomFillSync)).join(''));
  expect([...letters].toSorted().join('')).toBe('0123456789abcdefghjkmnpqrstvwxyz');
});

test('a code is read as people write it', () => {
  for (const typed of ['0a1b-c', '0A1BC', ' oaib c ', 'OAlB-C']) expect(readCode(typed)).toBe('0a1bc');
  fc.assert(
    fc.property(fc.string(), (typed) => {
      expect(readCode(typed).length).toBeLessThanOrEqual(100);
    }),
  );
});

test('a secret has 256 bits', () => {
  expect(makeSecret((into) => into.fill(255))).toBe(`${'_'.repeat(42)}8`);
});
