import { expect, test } from 'vitest';
import { restsOf } from './polynomial-rests.ts';

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
  const [[cubic, quintic]] = restsOf([values], [3, 5]) as [[number[], number[]]];
  for (const [rests, degree] of [[cubic, 3] as const, [quintic, 5] as const]) {
    const expected = leftByLeastSquares(values, degree);
    expect(Math.max(...rests.map((rest, at) => Math.abs(rest - expected[at]!)))).toBeLessThan(1e-6);
  }
});

test('a polynomial of the degree leaves nothing', () => {
  const values = Array.from({ length: 40 }, (_, at) => 3 - 2 * at + 0.5 * at ** 2 - 0.02 * at ** 3);
  for (const rest of restsOf([values], [3])[0]![0]!) expect(Math.abs(rest)).toBeLessThan(1e-9);
});
