import type { Moment } from './trace.ts';

/** Of the power iteration. */
const ROUNDS = 60;

/** What a stretch moves by, in squared units of noise. */
export interface Components {
  /** Directions of its largest movements, the largest first, each of length 1. */
  directions: readonly (readonly number[])[];
  /** Variance beside them. */
  beside: number;
}

/** The `count` largest components of the moments from one place to another, and what is left beside them. */
export function componentsOf(
  moments: readonly Moment[],
  { from, to }: { from: number; to: number },
  count: number,
): Components {
  const covariance = covarianceOf(moments, from, to);
  const directions: (readonly number[])[] = [];
  let beside = covariance.reduce((sum, row, d) => sum + row[d]!, 0);
  for (let i = 0; i < count; i++) {
    const { direction, variance } = largest(covariance);
    for (const [d, row] of covariance.entries())
      for (const e of row.keys()) row[e]! -= variance * direction[d]! * direction[e]!;
    beside -= variance;
    directions.push(direction);
  }
  return { directions, beside: Math.max(0, beside) };
}

function covarianceOf(moments: readonly Moment[], from: number, to: number): number[][] {
  const count = to - from + 1;
  const width = moments[from]!.length;
  const means = Array.from({ length: width }, (_, d) => {
    let sum = 0;
    for (let i = from; i <= to; i++) sum += moments[i]![d]!;
    return sum / count;
  });
  return means.map((_, d) =>
    means.map((__, e) => {
      let sum = 0;
      for (let i = from; i <= to; i++) sum += (moments[i]![d]! - means[d]!) * (moments[i]![e]! - means[e]!);
      return sum / count;
    }),
  );
}

/** By power iteration. */
function largest(covariance: readonly (readonly number[])[]): { direction: number[]; variance: number } {
  let direction = covariance.map((row, d) => 1 + Math.abs(row[d]!));
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = covariance.map((row) => row.reduce((sum, value, e) => sum + value * direction[e]!, 0));
    variance = Math.hypot(...next);
    if (variance < 1e-9) return { direction: direction.map(() => 0), variance: 0 };
    direction = next.map((value) => value / variance);
  }
  return { direction, variance };
}
