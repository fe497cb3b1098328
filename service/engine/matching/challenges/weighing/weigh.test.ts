import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ratioOf, type Weights, weigh } from './weigh.ts';

const depth = { living: 6, attack: 4, width: 1 };
const weights: Weights = {
  sure: 0,
  strict: 0.5,
  undecided: -1,
  species: {
    print: {
      measures: { depth, rigidResidual: { living: 0.03, attack: 0.06, width: 0.01 } },
      scale: 0.5,
      offset: 0.25,
    },
    screen: { measures: { presentation: { living: 3, attack: -3, width: 2 } }, scale: 1, offset: 0 },
  },
};

test('a ratio is that of two normal distributions of one width, within three', () => {
  const density = (x: number, mean: number) => Math.exp(-((x - mean) ** 2) / 2);
  for (const x of [4.2, 5, 5.7])
    expect(ratioOf(x, depth)).toBeCloseTo(Math.log(density(x, 6) / density(x, 4)), 10);
  expect(ratioOf(60, depth)).toBe(3);
  expect(ratioOf(-60, depth)).toBe(-3);
});

test('what could not be measured speaks against a person as loudly as one measure can', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(ratioOf(value, depth)).toBe(-3);
});

test('the likeliest species counts, by the scaled sum of the measures that are there', () => {
  expect(weigh({ depth: 5.5, rigidResidual: 0.045, presentation: 3 }, weights)).toEqual({
    against: 'print',
    ratio: expect.closeTo(0.25 + 0.5 * 1, 10),
    parts: { depth: expect.closeTo(0.5, 10), rigidResidual: expect.closeTo(0, 10) },
  });
  expect(weigh({ depth: 7, presentation: -0.5 }, weights)).toMatchObject({ against: 'screen', ratio: -0.75 });
  expect(weigh({ depth: 7 }, weights)).toMatchObject({ against: 'print' });
  expect(weigh({ likeness: 0.8 }, weights)).toBeUndefined();
});

test('more of what living people show never speaks against one', () => {
  const value = fc.double({ min: -20, max: 20, noNaN: true });
  fc.assert(
    fc.property(value, value, value, (one, other, presentation) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      const of = (depth: number) => weigh({ depth, rigidResidual: 0.04, presentation }, weights)!.ratio;
      expect(of(more)).toBeGreaterThanOrEqual(of(less));
    }),
  );
});
