import { expect, test } from 'vitest';
import { restsOf } from './polynomial-rests.ts';
import { squaresOf } from './statistics.ts';

/** Solves the normal equations by elimination: another way to the best polynomial. */
function leftByLeastSquares(values: readonly number[], degree: number): number[] {
  const many = values.length;
  const time = values.map((_, at) => (2 * at) / (many - 1) - 1);
  const rows = Array.from({ length: degree + 1 }, (_, row) => [
    ...Array.from({ length: degree + 1 }, (__, column) =>
      time.reduce((total, t) => total + t ** (row + column), 0),
    ),
    values.reduce((total, value, at) => total + value * time[at]! ** row, 0),
  ]);
  for (let pivot = 0; pivot <= degree; pivot += 1)
    for (let row = 0; row <= degree; row += 1) {
      if (row === pivot) continue;
      const times = rows[row]![pivot]! / rows[pivot]![pivot]!;
      rows[row] = rows[row]!.map((one, at) => one - times * rows[pivot]![at]!);
    }
  const factors = rows.map((row, at) => row.at(-1)! / row[at]!);
  return values.map((value, at) =>
    factors.reduce((rest, factor, power) => rest - factor * time[at]! ** power, value),
  );
}

test.each([8, 9, 25, 300])('leave what least squares leave, of %i values', (many) => {
  const values = Array.from({ length: many }, (_, at) => 400 * Math.sin(at / 5) + 7 * ((at * 37) % 11));
  const rests = restsOf(values);
  for (const degree of [0, 1, 3, 4, 5])
    expect(rests.squares(degree)).toBeCloseTo(squaresOf(leftByLeastSquares(values, degree)), 5);
  const expected = leftByLeastSquares(values, 4);
  expect(Math.max(...rests.ofQuartic().map((rest, at) => Math.abs(rest - expected[at]!)))).toBeLessThan(1e-6);
});

test('a polynomial of the degree leaves nothing', () => {
  const values = Array.from({ length: 40 }, (_, at) => 3 - 2 * at + 0.5 * at ** 2 - 0.02 * at ** 3);
  const rests = restsOf(values);
  expect(rests.squares(2)).toBeGreaterThan(1);
  for (const degree of [3, 5]) expect(rests.squares(degree)).toBeLessThan(1e-9);
  for (const rest of rests.ofQuartic()) expect(Math.abs(rest)).toBeLessThan(1e-9);
});

test('values far from 0 leave what the same values near it leave', () => {
  const values = Array.from({ length: 30 }, (_, at) => 20 * Math.sin(at / 3));
  const [near, far] = [values, values.map((one) => one + 1e6)].map(restsOf);
  expect(far!.squares(5)).toBeCloseTo(near!.squares(5), 4);
});
