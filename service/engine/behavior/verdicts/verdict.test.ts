import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashVerdictToken, isVerdictToken, newVerdictToken, storedFormsOf } from './verdict.ts';

const random = (into: Uint8Array) => void randomFillSync(into);
/** Until the time no longer fits. */
const moments = fc.integer({ min: 0, max: Date.UTC(2081, 0) });

test('a token has the form of the text, and no two are the same', () => {
  const now = Date.UTC(2026, 10, 22);
  const tokens = Array.from({ length: 1_000 }, () => newVerdictToken('verified', now, random));
  expect(new Set(tokens).size).toBe(1_000);
  expect(tokens.filter((one) => !isVerdictToken(one))).toEqual([]);
  expect(isVerdictToken(newVerdictToken('challenge', now, random))).toBe(true);
});

test('what is stored of a later token comes later in the index', () => {
  fc.assert(
    fc.property(moments, moments, (a, b) => {
      const [first, second] = [a, b].map((at) => hashVerdictToken(newVerdictToken('verified', at, random)));
      if (a < b) expect(Buffer.from(first!).compare(Buffer.from(second!))).toBe(-1);
    }),
  );
});

test('what is stored gives nothing of the random part away', () => {
  const token = newVerdictToken('verified', Date.UTC(2026, 10, 22), random);
  const secret = token.slice(-15);
  for (const form of storedFormsOf(token)) expect(form).not.toContain(secret);
  expect(hashVerdictToken(token)).toMatch(/^[0-9A-Za-z]{7}\.[0-9a-f]{64}$/);
});
