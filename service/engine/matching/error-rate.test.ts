import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Calibration,
  falseNonMatchRateOf,
  logFalseMatchRateOf,
  matchRateForGallery,
  safeGallerySize,
  thresholdForFalseMatchRate,
} from './error-rate.ts';

const calibrationOf = (table: Calibration['table'], measuredDownTo: number): Calibration => ({
  table,
  measuredDownTo,
});

const measured = calibrationOf(
  [
    { score: 0, fmr: 1, fnmr: 0 },
    { score: 0.6, fmr: 1e-2, fnmr: 0.02 },
    { score: 0.8, fmr: 1e-3, fnmr: 0.06 },
    { score: 1, fmr: 1e-4, fnmr: 0.1 },
    { score: 1.1, fmr: 1e-6, fnmr: 0.2 },
  ],
  1e-4,
);

/** Tables as measuring makes them: rising scores, rates that fall or stay, also to zero. */
const tables = fc
  .array(
    fc.record({
      step: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fall: fc.double({ min: 0, max: 2, noNaN: true }),
    }),
    {
      minLength: 3,
      maxLength: 40,
    },
  )
  .map((steps) => {
    let score = -1;
    let log = 0;
    return calibrationOf(
      steps.map(({ step, fall }, i) => {
        score += step;
        if (i > 0) log -= i === 1 ? fall + 0.1 : fall;
        return { score, fmr: i === steps.length - 1 && i > 2 ? 0 : 10 ** log, fnmr: i / steps.length };
      }),
      10 ** (0.9 * log),
    );
  })
  .filter(
    ({ table, measuredDownTo }) =>
      new Set(table.map(({ fmr }) => fmr).filter((fmr) => fmr >= measuredDownTo)).size >= 2,
  );

test.each([
  [1, { threshold: 0, fmr: 1, fnmr: 0, extrapolated: false }],
  [1e-2, { threshold: 0.6, fmr: 1e-2, fnmr: 0.02, extrapolated: false }],
  [1e-4, { threshold: 1, fmr: 1e-4, fnmr: 0.1, extrapolated: false }],
])('a rate that was measured, %d, is looked up', (fmr, expected) => {
  expect(thresholdForFalseMatchRate(measured, fmr)).toEqual(expected);
});

test('between two measured rates the logarithm is interpolated', () => {
  const { threshold, fnmr } = thresholdForFalseMatchRate(measured, 10 ** -2.5);
  expect(threshold).toBeCloseTo(0.7, 9);
  expect(fnmr).toBeCloseTo(0.04, 9);
});

test('below what was measured the last measured decade goes on in a straight line, and says so', () => {
  const found = thresholdForFalseMatchRate(measured, 1e-6);
  expect(found.threshold).toBeCloseTo(1.4, 9);
  expect(found.extrapolated).toBe(true);
  expect(found.fnmr).toBeCloseTo(0.5, 9);
});

test('a plateau counts with its higher rate up to its end', () => {
  const flat = calibrationOf(
    [
      { score: 0, fmr: 1, fnmr: 0 },
      { score: 1, fmr: 1e-2, fnmr: 0 },
      { score: 2, fmr: 1e-2, fnmr: 0 },
      { score: 3, fmr: 1e-4, fnmr: 0 },
    ],
    1e-4,
  );
  expect(thresholdForFalseMatchRate(flat, 1e-2).threshold).toBe(2);
  expect(10 ** logFalseMatchRateOf(flat, 1.5)).toBeGreaterThan(1e-2);
});

test('a table that measures one rate only is refused, and so are rates outside 0 to 1', () => {
  const single = calibrationOf([{ score: 0, fmr: 1, fnmr: 0 }], 1e-4);
  expect(() => thresholdForFalseMatchRate(single, 0.1)).toThrow('at least two');
  for (const fmr of [0, -1, 1.1, Number.NaN])
    expect(() => thresholdForFalseMatchRate(measured, fmr)).toThrow(RangeError);
});

test('the threshold never falls when the rate falls, and is never NaN', () => {
  const rate = fc.double({ min: -12, max: 0, noNaN: true }).map((log) => 10 ** log);
  fc.assert(
    fc.property(tables, rate, rate, (calibration, a, b) => {
      const low = thresholdForFalseMatchRate(calibration, Math.min(a, b));
      const high = thresholdForFalseMatchRate(calibration, Math.max(a, b));
      expect(low.threshold).toBeGreaterThanOrEqual(high.threshold);
      expect(low.fnmr).toBeGreaterThanOrEqual(high.fnmr);
      for (const { threshold, fnmr } of [low, high]) {
        expect(Number.isFinite(threshold)).toBe(true);
        expect(fnmr >= 0 && fnmr <= 1).toBe(true);
      }
    }),
  );
});

test('the rate at a threshold is the rate that was asked for', () => {
  fc.assert(
    fc.property(tables, fc.double({ min: -9, max: -0.05, noNaN: true }), (calibration, log) => {
      const highest = logFalseMatchRateOf(calibration, Number.NEGATIVE_INFINITY);
      fc.pre(log < highest);
      const { threshold } = thresholdForFalseMatchRate(calibration, 10 ** log);
      expect(logFalseMatchRateOf(calibration, threshold)).toBeCloseTo(log, 6);
    }),
  );
});

test('the rate never rises with the score, whatever the score', () => {
  const score = fc.oneof(fc.double({ min: -5, max: 50, noNaN: true }), fc.double());
  fc.assert(
    fc.property(tables, score, score, (calibration, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      expect(logFalseMatchRateOf(calibration, high)).toBeLessThanOrEqual(
        logFalseMatchRateOf(calibration, low),
      );
      expect(falseNonMatchRateOf(calibration, low)).not.toBeNaN();
    }),
  );
});

test('a search over N people needs the N-th root, and one over no people the rate itself', () => {
  expect(matchRateForGallery(0.01, 0)).toBeCloseTo(0.01, 12);
  expect(matchRateForGallery(0.01, 1)).toBeCloseTo(0.01, 12);
  fc.assert(
    fc.property(
      fc.double({ min: 1e-5, max: 0.05, noNaN: true }),
      fc.integer({ min: 1, max: 10_000_000 }),
      (rate, size) => {
        const perComparison = matchRateForGallery(rate, size);
        expect(perComparison).toBeGreaterThan(0);
        expect(-Math.expm1(size * Math.log1p(-perComparison))).toBeCloseTo(rate, 9);
      },
    ),
  );
});

test('the safe gallery is the largest whose rate is still measured', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-5, max: 0.05, noNaN: true }), (rate) => {
      const size = safeGallerySize(measured, rate);
      if (size > 0) expect(matchRateForGallery(rate, size)).toBeGreaterThanOrEqual(1e-4 * (1 - 1e-6));
      expect(matchRateForGallery(rate, size + 2)).toBeLessThan(1e-4);
    }),
  );
  expect(safeGallerySize(measured, 0.01)).toBe(100);
});
