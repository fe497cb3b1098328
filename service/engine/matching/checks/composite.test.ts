import fc from 'fast-check';
import { expect, test } from 'vitest';
import { confidence } from '../score.ts';
import { applyRule, type CheckResult, composite, hardFailures } from './registered-checks.ts';

const ran = (score: number, weight: number): CheckResult => ({
  check: 'liveness',
  pass: true,
  score,
  weight,
});
const skipped: CheckResult = { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'no country' };

test('the composite is the weighted mean of the checks that ran', () => {
  expect(composite([ran(0.92, 1.5), ran(1, 1), ran(1, 1.2), ran(0.75, 0.8), skipped])).toBeCloseTo(
    4.18 / 4.5,
    12,
  );
  expect(composite([])).toBe(0);
  expect(composite([skipped])).toBe(0);
  expect(composite([ran(1, 0)])).toBe(0);
});

test('the composite lies between the lowest and the highest score and a skipped check changes nothing', () => {
  const result = fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 10, noNaN: true }))
    .map(([score, weight]) => ran(score, weight));
  fc.assert(
    fc.property(fc.array(result, { minLength: 1, maxLength: 8 }), (results) => {
      const value = composite(results);
      const scores = results.map(({ score }) => score);
      expect(value).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-9);
      expect(value).toBeLessThanOrEqual(Math.max(...scores) + 1e-9);
      expect(composite([skipped, ...results])).toBe(value);
    }),
  );
});

test('confidence is 0.5 at the threshold and rises as the false-match rate falls', () => {
  expect(confidence(-4, -4)).toBe(0.5);
  expect(confidence(Number.NEGATIVE_INFINITY, -4)).toBe(1);
  const log = fc.double({ min: -40, max: 0, noNaN: true });
  fc.assert(
    fc.property(log, log, log, (a, b, threshold) => {
      const [better, worse] = [confidence(Math.min(a, b), threshold), confidence(Math.max(a, b), threshold)];
      expect(better).toBeGreaterThanOrEqual(worse);
      expect(worse >= 0 && better <= 1).toBe(true);
      if (Math.abs(a - threshold) > 1e-9) expect(confidence(a, threshold) > 0.5).toBe(a < threshold);
    }),
  );
});

test('a rule gives weight and threshold to what ran, and nothing to what did not', () => {
  const rule = { enabled: true, weight: 2, threshold: 0.5, hardFail: true };
  expect(applyRule('liveness', rule, { score: 0.5, details: { a: 1 } })).toEqual({
    check: 'liveness',
    pass: true,
    score: 0.5,
    weight: 2,
    details: { a: 1 },
  });
  expect(applyRule('liveness', rule, { score: 0.49, reason: 'because' })).toEqual({
    check: 'liveness',
    pass: false,
    score: 0.49,
    weight: 2,
    reason: 'because',
  });
  expect(applyRule('geoFence', rule, { skipped: 'no country' })).toEqual({
    check: 'geoFence',
    pass: true,
    score: 0,
    weight: 0,
    skipped: 'no country',
  });
  expect(applyRule('liveness', rule, { score: 7 }).score).toBe(1);
});

test('a reason is given for a failure only, advice always', () => {
  const rule = { enabled: true, weight: 2, threshold: 0.5, hardFail: false };
  const reasonOf = (score: number, finding: object) =>
    applyRule('liveness', rule, { score, ...finding }).reason ?? null;
  expect([0.5, 0.4].map((score) => reasonOf(score, { reason: 'because' }))).toEqual([null, 'because']);
  expect([0.5, 0.4].map((score) => reasonOf(score, { advice: 'do' }))).toEqual(['do', 'do']);
  expect([0.5, 0.4].map((score) => reasonOf(score, { reason: 'because', advice: 'do' }))).toEqual([
    'do',
    'because',
  ]);
});

test('only failures with the switch set refuse', () => {
  const off = { enabled: true, weight: 1, threshold: 0.5, hardFail: false };
  const on = { ...off, hardFail: true };
  const rules = {
    liveness: on,
    frameConsistency: off,
    impossibleTravel: off,
    embeddingHistory: off,
    deviceConsistency: off,
    geoFence: on,
    timeRestriction: off,
    faceQuality: off,
  };
  const failed = { ...ran(0, 1), pass: false };
  expect(hardFailures(rules, [failed, { ...failed, check: 'frameConsistency' }, skipped])).toEqual([failed]);
});
