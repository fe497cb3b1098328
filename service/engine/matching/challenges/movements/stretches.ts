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

/** Index of the opening of the eyes in a moment. */
const EYES = 2;
/** Of the usual opening, below which a lid moves: a blink that was asked for looks alike whenever a person does it. */
const CLOSED = 0.7;
const USUAL = 0.75;
/** Milliseconds before and after a closed eye that are left out too. */
const AROUND = 100;
/** Milliseconds to each side over which the slow part of a movement is taken out. */
const SLOW = 600;
/** Units of noise: what moves more counts as this, so that no single movement decides. */
const MOST = 4;
/** Milliseconds between two places of an earlier movement, and how many of them lie between two that are tried. */
const GRID = 25;
const STEP = 2;
/** Frames that are compared at least. */
const FEWEST = 30;
/** Playback: as it was, slower, faster, backwards. */
const SPEEDS = [1, 0.96, 1.04, 0.92, 1.08, 0.88, 1.13, 0.84, 1.18, 0.8, 1.25, -1, -0.9, -1.1] as const;
/** Correlation of every third frame below which a place is left out. */
const LEAST_PART = 0.4;
/** Correlation from which on it is the same movement; docs/LIVENESS.md says what living people reach. */
export const SAME_REST = 0.75;

/** What a face at rest moves by beside slow sways and blinks, frame by frame. */
interface Rest {
  at: number[];
  width: number;
  values: Float32Array;
}

/** The same between its frames, at every place of a grid; `seen`: 1 where it was seen. */
interface RestGrid {
  width: number;
  seen: Uint8Array;
  values: Float32Array;
}

/**
 * How alike the movement of a face at rest is to a part of an earlier one: the largest correlation, over places and speeds, of what remains
 * of both without slow sways and blinks. A recording keeps that at whatever encoding; two times that a person rests have nothing in common.
 * 0 where too little is there to compare.
 */
export function createRestComparison(fresh: Trace): (earlier: Trace) => number {
  const rest = restOf(fresh);
  return (earlier) => {
    if (rest.at.length < FEWEST || earlier.moments[0]?.length !== rest.width) return 0;
    const grid = gridOf(earlier);
    let most = 0;
    for (const speed of SPEEDS) {
      const span = Math.round((speed * (rest.at.at(-1)! - rest.at[0]!)) / GRID);
      const from = Math.min(0, -span);
      const to = grid.seen.length + Math.max(0, -span);
      for (let place = from; place < to; place += STEP) {
        if (correlation(rest, grid, { place, speed, every: 3 }) < LEAST_PART) continue;
        most = Math.max(most, correlation(rest, grid, { place, speed, every: 1 }));
      }
    }
    return most;
  };
}

function restOf(trace: Trace): Rest {
  const { at, moments } = trace;
  const usable = openEyed(trace);
  const width = moments[0]?.length ?? 0;
  const values = new Float32Array(usable.length * width);
  let first = 0;
  for (const [k, i] of usable.entries()) {
    while (at[i]! - at[usable[first]!]! > SLOW) first++;
    const means = new Float64Array(width);
    let count = 0;
    for (let j = first; j < usable.length && at[usable[j]!]! - at[i]! <= SLOW; j++, count++)
      for (let d = 0; d < width; d++) means[d]! += moments[usable[j]!]![d]!;
    for (let d = 0; d < width; d++)
      values[k * width + d] = Math.max(-MOST, Math.min(MOST, moments[i]![d]! - means[d]! / count));
  }
  return { at: usable.map((i) => at[i]!), width, values };
}

/** Places of the frames whose eyes are open, and were and stay so for a moment. */
function openEyed({ at, moments }: Trace): number[] {
  const openings = moments.map((moment) => moment[EYES]!);
  const usual = openings.toSorted((a, b) => a - b)[Math.floor(USUAL * (openings.length - 1))] ?? 0;
  const isClosed = openings.map((open) => open < CLOSED * usual);
  const places: number[] = [];
  let closedAt = Number.NEGATIVE_INFINITY;
  for (let i = 0, ahead = 0; i < at.length; i++) {
    if (isClosed[i]) closedAt = at[i]!;
    ahead = Math.max(ahead, i);
    while (ahead + 1 < at.length && !isClosed[ahead] && at[ahead + 1]! - at[i]! <= AROUND) ahead++;
    if (at[i]! - closedAt > AROUND && !isClosed[ahead]) places.push(i);
  }
  return places;
}

function gridOf(trace: Trace): RestGrid {
  const { at, width, values } = restOf(trace);
  const count = at.length < 2 ? 0 : Math.floor((at.at(-1)! - at[0]!) / GRID) + 1;
  const grid: RestGrid = {
    width,
    seen: new Uint8Array(count),
    values: new Float32Array(count * width),
  };
  for (let place = 0, i = 0; place < count; place++) {
    const time = at[0]! + place * GRID;
    while (i + 2 < at.length && at[i + 1]! <= time) i++;
    const span = at[i + 1]! - at[i]!;
    if (span > GAP) continue;
    grid.seen[place] = 1;
    const share = (time - at[i]!) / span;
    for (let d = 0; d < width; d++) {
      const [a, b] = [values[i * width + d]!, values[(i + 1) * width + d]!];
      grid.values[place * width + d] = a + share * (b - a);
    }
  }
  return grid;
}

/** Of so many frames as both show; 0 where these are too few. */
function correlation(
  { at, width, values }: Rest,
  grid: RestGrid,
  { place, speed, every }: { place: number; speed: number; every: number },
): number {
  let [both, own, other, frames] = [0, 0, 0, 0];
  for (let i = 0; i < at.length; i += every) {
    const there = place + Math.round((speed * (at[i]! - at[0]!)) / GRID);
    if (grid.seen[there] !== 1) continue;
    frames++;
    for (let d = 0; d < width; d++) {
      const x = values[i * width + d]!;
      const y = grid.values[there * width + d]!;
      both += x * y;
      own += x * x;
      other += y * y;
    }
  }
  return frames * every < FEWEST || own === 0 || other === 0 ? 0 : both / Math.sqrt(own * other);
}
