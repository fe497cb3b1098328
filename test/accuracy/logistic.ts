const STEPS = 100;
const SMALL = 1e-10;

export const probabilityOf = (x: number): number => 1 / (1 + Math.exp(-x));

/** A case: its values, the probability that it should have, and how much it counts. */
export interface Case {
  x: readonly number[];
  target: number;
  weight: number;
}

/** Logistic regression by Newton's method: the factor of each value. `ridge` holds back large factors; of none of them where it is absent. */
export function newton(rows: readonly Case[], size: number, ridge?: readonly number[]): number[] {
  let beta = new Array<number>(size).fill(0);
  for (let step = 0; step < STEPS; step++) {
    const gradient = beta.map((value, i) => -(ridge?.[i] ?? 0) * value);
    const hessian = Array.from({ length: size }, (_, i) => {
      const row = new Float64Array(size);
      row[i] = SMALL + (ridge?.[i] ?? 0);
      return row;
    });
    for (const { x, target, weight } of rows) {
      const p = probabilityOf(x.reduce((sum, value, i) => sum + value * beta[i]!, 0));
      const slope = weight * p * (1 - p);
      for (let i = 0; i < size; i++) {
        gradient[i]! += weight * (target - p) * x[i]!;
        const row = hessian[i]!;
        const factor = slope * x[i]!;
        for (let j = 0; j < size; j++) row[j]! += factor * x[j]!;
      }
    }
    const change = solve(
      hessian.map((row) => [...row]),
      gradient,
    );
    beta = beta.map((value, i) => value + change[i]!);
    if (change.every((value) => Math.abs(value) < 1e-9)) break;
  }
  return beta;
}

/** Gauss with pivots. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = right.length;
  for (let column = 0; column < n; column++) {
    const pivot = rows
      .map((row, i) => ({ i, size: i < column ? -1 : Math.abs(row[column]!) }))
      .reduce((best, one) => (one.size > best.size ? one : best)).i;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= n; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
