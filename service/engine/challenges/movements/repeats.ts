import { GAP, type Moment, type Trace } from './trace.ts';

/** Milliseconds of one stretch that is compared, and from one to the next. */
const STRETCH = 1600;
const STEP = 400;
/** Frames that a stretch needs. */
const FEWEST = 9;
/**
 * Squared units of noise that a stretch moves by, summed over what is measured, beside its largest movement: two turns that were asked
 * for look alike, and so do two rests.
 */
const LEAST_MOVEMENT = 40;
/** Mean squared units of noise by which two stretches may differ. */
const MOST_DIFFERENT = 2.5;
/** The same for their first frames, which most places are left out by. */
const MOST_APART = 9;
/** The most that one number of one frame adds: a frame may be read wrongly. */
const MOST_OF_ONE = 25;
/** Milliseconds between two places of the earlier movement at which a stretch is tried. */
const GRID = 25;
/** Milliseconds by which the cameras' moments may differ: what moves fast then differs more. */
const UNSURE = 17;
/** Playback: as it was, slower, faster, backwards. */
const SPEEDS = [1, 0.9, 1.11, 0.8, 1.25, -1, -0.9, -1.11, -0.8, -1.25] as const;
/** Of the power iteration. */
const ROUNDS = 30;
/** Milliseconds between a stretch and what it is compared with in one and the same attempt. */
const APART = 600;

export interface Repeats {
  /** Stretches with enough movement to compare. */
  stretches: number;
  /** Of them, shown before. */
  repeated: number;
}

interface Stretch {
  from: number;
  to: number;
}

/** How much of a movement was there before: in an earlier one, or in the part of the same one that came before. */
export function repeatsOf(fresh: Trace, earlier: Trace): Repeats {
  const stretches = stretchesOf(fresh);
  const dense = denseOf(earlier);
  const repeated = stretches.filter((one) => {
    const until = fresh === earlier ? fresh.at[one.from]! - APART : Number.POSITIVE_INFINITY;
    return leastDifference(fresh, one, dense, { until }) <= MOST_DIFFERENT;
  });
  return { stretches: stretches.length, repeated: repeated.length };
}

function stretchesOf({ at, moments }: Trace): Stretch[] {
  const found: Stretch[] = [];
  let next = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < at.length; from++) {
    if (at[from]! < next) continue;
    let to = from;
    let seen = true;
    while (to < at.length && at[to]! - at[from]! < STRETCH) {
      to++;
      if (to < at.length && at[to]! - at[to - 1]! > GAP) seen = false;
    }
    if (to === at.length) break;
    if (!seen || to - from + 1 < FEWEST || movementOf(moments, from, to) < LEAST_MOVEMENT) continue;
    found.push({ from, to });
    next = at[from]! + STEP;
  }
  return found;
}

/** Variance of what is measured beside its largest component. */
function movementOf(moments: readonly Moment[], from: number, to: number): number {
  const count = to - from + 1;
  const width = moments[from]!.length;
  const means = Array.from({ length: width }, (_, d) => {
    let sum = 0;
    for (let i = from; i <= to; i++) sum += moments[i]![d]!;
    return sum / count;
  });
  const covariance = means.map((_, d) =>
    means.map((__, e) => {
      let sum = 0;
      for (let i = from; i <= to; i++) sum += (moments[i]![d]! - means[d]!) * (moments[i]![e]! - means[e]!);
      return sum / count;
    }),
  );
  const whole = covariance.reduce((sum, row, d) => sum + row[d]!, 0);
  return whole - largestComponent(covariance);
}

/** Its variance, by power iteration. */
function largestComponent(covariance: readonly (readonly number[])[]): number {
  let direction = covariance.map((row, d) => 1 + row[d]!);
  let length = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = covariance.map((row) => row.reduce((sum, value, e) => sum + value * direction[e]!, 0));
    length = Math.hypot(...next);
    if (length === 0) return 0;
    direction = next.map((value) => value / length);
  }
  return length;
}

/** A movement between its frames, at every place of a grid. */
interface Dense {
  began: number;
  width: number;
  /** 1 where the movement was seen around the place. */
  seen: Uint8Array;
  values: Float32Array;
  /** One over the square of what a number may differ by. */
  weights: Float32Array;
}

function denseOf({ at, moments }: Trace): Dense {
  const began = at[0] ?? 0;
  const width = moments[0]?.length ?? 0;
  const count = at.length < 2 ? 0 : Math.floor((at.at(-1)! - began) / GRID) + 1;
  const dense: Dense = {
    ...{ began, width, seen: new Uint8Array(count) },
    values: new Float32Array(count * width),
    weights: new Float32Array(count * width),
  };
  for (let place = 0, i = 0; place < count; place++) {
    const time = began + place * GRID;
    while (i + 2 < at.length && at[i + 1]! <= time) i++;
    const span = at[i + 1]! - at[i]!;
    if (span > GAP) continue;
    dense.seen[place] = 1;
    const share = (time - at[i]!) / span;
    for (let d = 0; d < width; d++) {
      const [a, b] = [moments[i]![d]!, moments[i + 1]![d]!];
      dense.values[place * width + d] = a + share * (b - a);
      dense.weights[place * width + d] = 1 / (1 + ((b - a) * (UNSURE / span)) ** 2);
    }
  }
  return dense;
}

/** Of a stretch to the part of an earlier movement that is most like it; infinite above the limit. */
function leastDifference(
  fresh: Trace,
  stretch: Stretch,
  earlier: Dense,
  { until, limit = MOST_DIFFERENT }: { until: number; limit?: number },
): number {
  const last = Math.min(earlier.seen.length - 1, Math.floor((until - earlier.began) / GRID));
  const first = fresh.moments[stretch.from]!;
  if (first.length !== earlier.width) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let place = 0; place <= last; place++) {
    if (earlier.seen[place] === 0 || differs(first, earlier, place, MOST_APART) > MOST_APART) continue;
    for (const speed of SPEEDS) {
      const order = { place, speed, last, limit: Math.min(least, limit) };
      least = Math.min(least, difference(fresh, stretch, earlier, order));
    }
  }
  return least;
}

/** Mean over what is measured; more than `most` where it is no less. */
function differs(moment: Moment, { values, weights, width }: Dense, place: number, most: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) {
    const at = place * width + d;
    const off = moment[d]! - values[at]!;
    sum += Math.min(MOST_OF_ONE, off * off * weights[at]!);
    if (sum > most * width) break;
  }
  return sum / width;
}

function difference(
  { at, moments }: Trace,
  { from, to }: Stretch,
  earlier: Dense,
  { place, speed, last, limit }: { place: number; speed: number; last: number; limit: number },
): number {
  const count = to - from + 1;
  const most = limit * count;
  let sum = 0;
  // the last frames first: those near the first one differ least
  for (let i = to; i >= from; i--) {
    const there = place + Math.round((speed * (at[i]! - at[from]!)) / GRID);
    if (there < 0 || there > last || earlier.seen[there] === 0) return Number.POSITIVE_INFINITY;
    sum += differs(moments[i]!, earlier, there, MOST_OF_ONE);
    if (sum > most) return Number.POSITIVE_INFINITY;
  }
  return sum / count;
}
