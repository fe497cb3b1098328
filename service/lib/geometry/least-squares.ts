/**
 * Solves rows · x ≈ right in the least-squares sense by the normal equations (Gauss with pivoting). `unknowns` is small.
 * Returns undefined when the rows do not determine x.
 */
export function leastSquares(
  unknowns: number,
  rows: Iterable<readonly [row: ArrayLike<number>, right: number]>,
): Float64Array | undefined {
  const width = unknowns + 1;
  const m = new Float64Array(unknowns * width);
  for (const [row, right] of rows) {
    for (let i = 0; i < unknowns; i++) {
      const weight = row[i]!;
      if (weight === 0) continue;
      for (let j = 0; j < unknowns; j++) m[i * width + j]! += weight * row[j]!;
      m[i * width + unknowns]! += weight * right;
    }
  }
  return eliminate(m, unknowns);
}

function eliminate(m: Float64Array, n: number): Float64Array | undefined {
  const width = n + 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let r = column + 1; r < n; r++) {
      if (Math.abs(m[r * width + column]!) > Math.abs(m[pivot * width + column]!)) pivot = r;
    }
    const value = m[pivot * width + column]!;
    if (!(Math.abs(value) > 1e-12)) return undefined;
    for (let j = column; j < width; j++) {
      const held = m[column * width + j]!;
      m[column * width + j] = m[pivot * width + j]! / value;
      if (pivot !== column) m[pivot * width + j] = held;
    }
    for (let r = 0; r < n; r++) {
      const factor = m[r * width + column]!;
      if (r === column || factor === 0) continue;
      for (let j = column; j < width; j++) m[r * width + j]! -= factor * m[column * width + j]!;
    }
  }
  return Float64Array.from({ length: n }, (_, i) => m[i * width + n]!);
}
