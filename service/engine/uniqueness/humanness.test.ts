import { expect, test } from 'vitest';
import { humannessOf, humannessOfLiveness } from './humanness.ts';

test('parts are pooled on the scale of their odds, and a missing part counts nothing', () => {
  expect(humannessOf({ liveness: 0.9 })?.score).toBe(0.9);
  expect(humannessOf({ liveness: 0.9, pad: 0.9, behavior: 0.9 })?.score).toBe(0.9);
  expect(humannessOf({ liveness: 0.9, pad: 0.5 })).toEqual({
    score: 0.78,
    parts: [
      { name: 'liveness', score: 0.9, weight: 0.5 },
      { name: 'pad', score: 0.5, weight: 0.35 },
    ],
    maturity: 'experimental',
  });
  expect(humannessOf({})).toBeUndefined();
});

test('no part is believed beyond 0.99, and one that denies a human weighs', () => {
  expect(humannessOf({ liveness: 1 })?.score).toBe(0.99);
  expect(humannessOf({ liveness: 1, pad: 0 })!.score).toBeLessThan(0.75);
});

test('of a session it is the challenge, and the detection among its evidence', () => {
  const pad = { kind: 'pad', strength: 0.7 };
  expect(humannessOfLiveness({ score: 0.9, evidence: [{ kind: 'times' }, pad] })).toEqual(
    humannessOf({ liveness: 0.9, pad: 0.7 }),
  );
  expect(humannessOfLiveness({ score: 0.9, evidence: [{ kind: 'times' }] })).toEqual(
    humannessOf({ liveness: 0.9 }),
  );
});
