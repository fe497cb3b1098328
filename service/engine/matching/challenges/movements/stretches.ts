import { GAP, type Moment, type Trace } from './trace.ts';

/** A length of movement that is compared as a whole. */
export interface Scale {
  /** Milliseconds of one stretch, and from one to the next. */
  length: number;
  step: number;
  /** Frames that it needs. */
  fewest: number;
  /** Its so many largest movements may be what was asked for. */
  asked: number;
  /** Squared units of noise that it moves by beside them. */
  leastBeside: number;
  /** What may differ by a share of that: all of the movement, or what is beside the asked. */
  differs: 'all' | 'beside';
  /** So many of them, shown before, and the face moves as it did before. */
  needed: number;
}

/**
 * A turn, a look and a blink that were asked for look alike whenever a person does them: what says that it is the same performance is
 * the movement beside the two or three largest. Short stretches find parts of a recording; one long one finds the recording of a person
 * who hardly moves beside what is asked for.
 */
export const scales = {
  short: {
    length: 1600,
    step: 400,
    fewest: 9,
    needed: 2,
    asked: 2,
    leastBeside: 10,
    differs: 'all',
  },
  long: {
    length: 4000,
    step: 800,
    fewest: 22,
    needed: 1,
    asked: 3,
    leastBeside: 1.5,
    differs: 'beside',
  },
} as const satisfies Record<string, Scale>;

export interface Stretch extends Components {
  from: number;
  to: number;
  /** Its two frames that lie farthest apart in its largest movement. */
  ends: readonly [number, number];
}

/** Those with enough movement to compare. */
export function stretchesOf(
  { at, moments }: Trace,
  { length, step, fewest, asked, leastBeside }: Scale,
): Stretch[] {
  const found: Stretch[] = [];
  let next = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < at.length; from++) {
    if (at[from]! < next) continue;
    let to = from;
    let seen = true;
    while (to < at.length && at[to]! - at[from]! < length) {
      to++;
      if (to < at.length && at[to]! - at[to - 1]! > GAP) seen = false;
    }
    if (to === at.length) break;
    if (!seen || to - from + 1 < fewest) continue;
    next = at[from]! + step;
    const components = componentsOf(moments, { from, to }, asked);
    if (components.beside < leastBeside) continue;
    found.push({ from, to, ends: endsOf(moments, { from, to }, components.directions[0]!), ...components });
  }
  return found;
}

function endsOf(
  moments: Trace['moments'],
  { from, to }: { from: number; to: number },
  direction: readonly number[],
): [number, number] {
  let [low, high] = [from, from];
  const along = (i: number) => direction.reduce((sum, share, d) => sum + share * moments[i]![d]!, 0);
  for (let i = from; i <= to; i++) {
    if (along(i) < along(low)) low = i;
    if (along(i) > along(high)) high = i;
  }
  return [low, high];
}

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
function componentsOf(
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
