import { squaresOf, sum } from './statistics.ts';

/** The polynomials for so many values: movements of one length have the same. */
const known: number[][][] = [];

/**
 * What the best polynomials of time leave of values at even steps of time: more values than 5, the highest degree. The fit is by the discrete
 * Chebyshev polynomials, whose parts of the values come from the moments of the values: one pass for all degrees.
 */
export function restsOf(values: readonly number[]) {
  const many = values.length;
  known[many] ??= polynomials(many);
  const basis = known[many];
  const moments = momentsOf(values);
  const parts = basis.map((one) => sum(one.map((factor, power) => factor * moments[power]!)));
  return {
    /** Sum of the squares of what a polynomial of this degree leaves. */
    squares: (degree: number): number =>
      Math.max(0, squaresOf(values, values[0]) - squaresOf(parts.slice(0, degree + 1))),
    /** What a polynomial of degree 4 leaves of each value. */
    ofQuartic(): number[] {
      const [f0, f1, f2, f3, f4] = basis[4]!.map((_, power) =>
        sum(basis.slice(power, 5).map((one, above) => one[power]! * parts[power + above]!)),
      ) as [number, number, number, number, number];
      const start = values[0]! + f0;
      return values.map((value, at) => {
        const t = (2 * at) / (many - 1) - 1;
        return value - start - t * (f1 + t * (f2 + t * (f3 + t * f4)));
      });
    },
  };
}

/** Of the values less the first: the sums of the value times t⁰ to t⁵, t from -1 to 1. */
function momentsOf(values: readonly number[]): number[] {
  const first = values[0]!;
  const last = values.length - 1;
  let [m0, m1, m2, m3, m4, m5] = [0, 0, 0, 0, 0, 0];
  // The values at -t and t together: their sum has the even moments, their difference the odd ones.
  for (let at = 0, other = last; at <= other; at += 1, other -= 1) {
    const t = (other - at) / last;
    const square = t * t;
    const before = values[at]! - first;
    const after = at < other ? values[other]! - first : 0;
    let even = before + after;
    let odd = (after - before) * t;
    m0 += even;
    m1 += odd;
    even *= square;
    odd *= square;
    m2 += even;
    m3 += odd;
    m4 += even * square;
    m5 += odd * square;
  }
  return [m0, m1, m2, m3, m4, m5];
}

/**
 * Orthonormal polynomials of degree 0 to 5 over `many` even points from -1 to 1, by their recurrence: of each the factors of t⁰, t¹ and so
 * on.
 */
function polynomials(many: number): number[][] {
  let [before, last, normBefore]: [number[], number[], number] = [[], [1 / Math.sqrt(many)], 0];
  const all = [last];
  for (let degree = 1; degree <= 5; degree += 1) {
    const norm = Math.sqrt((many ** 2 - degree ** 2) / (4 - degree ** -2)) / (many - 1);
    const next = [0, ...last].map((factor, power) => (factor - normBefore * (before[power] ?? 0)) / norm);
    all.push(next);
    [before, last, normBefore] = [last, next, norm];
  }
  return all;
}
