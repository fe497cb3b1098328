/**
 * What the best polynomials of time leave of values at even steps of time: for each list of values, that of each of these degrees in rising
 * order. The lists are of one length, more values than the highest degree. The fit is by the discrete Chebyshev polynomials, whose
 * recurrence costs the same for each value.
 */
export function restsOf(lists: readonly (readonly number[])[], degrees: readonly number[]): number[][][] {
  const width = degrees.at(-1)! + 1;
  const basis = polynomials(lists[0]!.length, width);
  return lists.map((values) => {
    const parts = partsOf(values, basis, width);
    return degrees.map((degree) => restOf(values, basis, parts, degree));
  });
}

/** How much of each polynomial is in the values. */
function partsOf(values: readonly number[], basis: Float64Array, width: number): Float64Array {
  const parts = new Float64Array(width);
  for (let at = 0, cell = 0; at < values.length; at += 1)
    for (let degree = 0; degree < width; degree += 1, cell += 1) parts[degree]! += values[at]! * basis[cell]!;
  return parts;
}

function restOf(
  values: readonly number[],
  basis: Float64Array,
  parts: Float64Array,
  degree: number,
): number[] {
  const rests: number[] = [];
  for (let at = 0, row = 0; at < values.length; at += 1, row += parts.length) {
    let rest = values[at]!;
    for (let power = 0; power <= degree; power += 1) rest -= parts[power]! * basis[row + power]!;
    rests.push(rest);
  }
  return rests;
}

/** Orthonormal polynomials of degree 0 to `width` - 1 over `many` even points from -1 to 1: those of the first point, then those of the next. */
function polynomials(many: number, width: number): Float64Array {
  const table = new Float64Array(many * width);
  const norm = Array.from(
    { length: width },
    (_, degree) => (degree * Math.sqrt((many ** 2 - degree ** 2) / (4 * degree ** 2 - 1))) / (many - 1),
  );
  const constant = 1 / Math.sqrt(many);
  for (let at = 0, cell = 0; at < many; at += 1, cell += width) {
    const t = (2 * at) / (many - 1) - 1;
    table[cell] = constant;
    for (let degree = 1; degree < width; degree += 1) {
      const before = degree > 1 ? norm[degree - 1]! * table[cell + degree - 2]! : 0;
      table[cell + degree] = (t * table[cell + degree - 1]! - before) / norm[degree]!;
    }
  }
  return table;
}
