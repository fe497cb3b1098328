import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Calibration } from '../error-rate.ts';
import { measureShift, worstTenth } from './gallery-shift.ts';

/** FMR = 10^-score, measured down to 1e-6: the score of a rate r is -log10 r. */
const calibration: Calibration = {
  table: Array.from({ length: 7 }, (_, i) => ({ score: i, fmr: 10 ** -i, fnmr: i / 100 })),
  measuredDownTo: 1e-6,
};

/** Scores of a gallery that follows the table exactly: as many pairs above each score as it says. */
const following = (pairs: number) =>
  Float64Array.from({ length: pairs }, (_, i) => -Math.log10((pairs - i) / (pairs + 1)));
/** The same gallery where each pair scores `by` higher. */
const shifted = (pairs: number, by: number) => following(pairs).map((score) => score + by);
const people = fc.integer({ min: 30, max: 200 });
const pairsOf = (n: number) => (n * (n - 1)) / 2;

describe('the rise of a gallery’s thresholds', () => {
  test('is zero for galleries that follow the table, whatever their size', () => {
    for (const n of [30, 60, 100, 142, 300, 600])
      expect(measureShift(following(pairsOf(n)), calibration)).toMatchObject({ shift: 0, pairs: pairsOf(n) });
  });

  test('is zero for galleries that are better than the table, and never negative', () => {
    fc.assert(
      fc.property(people, fc.double({ min: -3, max: 3, noNaN: true }), (n, by) => {
        const { shift } = measureShift(shifted(pairsOf(n), by), calibration);
        expect(shift).toBeGreaterThanOrEqual(0);
        if (by <= 0) expect(shift).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('is what the scores are higher by, from half again as many pairs on', () => {
    fc.assert(
      fc.property(people, fc.double({ min: 0.4, max: 2, noNaN: true }), (n, by) => {
        const scores = shifted(pairsOf(n), by);
        const { shift, rate, above, pairs } = measureShift(scores, calibration);
        expect(rate).toBe(Math.max(1e-3, 10 / pairs));
        expect(above).toBeGreaterThanOrEqual(1.5 * rate * pairs);
        expect(shift).toBeCloseTo(by, 1);
        const accepted = scores.filter((score) => score >= -Math.log10(rate) + shift - 1e-9);
        expect(accepted).toHaveLength(Math.floor(rate * pairs));
      }),
      { numRuns: 60 },
    );
  });

  test('leaves at most the stated share of pairs above the raised threshold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { minLength: 435, maxLength: 2000 }),
        (scores) => {
          const rising = Float64Array.from(scores).sort();
          const { shift, rate, above, pairs } = measureShift(rising, calibration);
          const threshold = -Math.log10(rate);
          expect(above).toBe(rising.filter((score) => score >= threshold).length);
          if (above < 1.5 * rate * pairs) {
            expect(shift).toBe(0);
            return;
          }
          // More only where pairs score exactly alike.
          const left = rising.filter((score) => score > threshold + shift + 1e-9).length;
          expect(left).toBeLessThanOrEqual(rate * pairs);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('does not follow from a few pairs: fewer than fifteen above the threshold change nothing', () => {
    const scores = following(pairsOf(100));
    // One person enrolled under nine addresses would make nine such pairs.
    scores.fill(6, scores.length - 9);
    expect(measureShift(scores.sort(), calibration).shift).toBe(0);
    expect(measureShift(new Float64Array(), calibration)).toEqual({
      shift: 0,
      pairs: 0,
      rate: 1,
      above: 0,
      threshold: 0,
    });
  });
});

test('the worst tenth of people are those with most pairs above the threshold', async () => {
  // Of twenty people the last two are like all others, the rest like none.
  const scores = [];
  for (let a = 0; a < 20; a++) for (let b = a + 1; b < 20; b++) scores.push(b >= 18 ? 1 : 0);
  const byPair = Float64Array.from(scores);
  expect(await worstTenth({ byPair }, 20, 0.5)).toBe(1);
  byPair[17] = Number.NaN;
  byPair[18] = 0;
  expect(await worstTenth({ byPair }, 20, 0.5)).toBeCloseTo(35 / 36);
  expect(await worstTenth({ byPair: new Float64Array() }, 0, 0.5)).toBe(0);
});
