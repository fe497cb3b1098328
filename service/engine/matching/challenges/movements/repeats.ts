import type { Evidence } from '../evidence.ts';
import {
  createRestComparison,
  SAME_REST,
  type Scale,
  type Stretch,
  scales,
  stretchesOf,
} from './stretches.ts';
import { GAP, mirrored, packTrace, readTrace, type Trace } from './trace.ts';

/** Whether the attempt shows parts of itself again, as a recording does that is too short. */
export function judgeRepeats(trace: Trace, rule: 'refuse' | 'record'): Evidence {
  const repeats = createComparison(trace).repeatsOf(trace);
  const { long, short } = repeats;
  return {
    kind: 'movement',
    ...(rule === 'refuse' && { passed: !isRepeated(repeats) }),
    maturity: 'experimental',
    details: {
      ...short,
      longStretches: long.stretches,
      longRepeated: long.repeated,
      suspect: isRepeated(repeats),
    },
  };
}

/**
 * Whether an earlier movement, or its mirror image, holds parts of this one; both packed. `still`: no movement of the head was asked for, so that what a face
 * at rest moves by is compared too.
 */
export function movementIn(
  movement: Uint8Array,
  { still }: { still: boolean },
): (earlier: Uint8Array) => boolean {
  const fresh = readTrace(movement);
  const comparison = fresh && createComparison(fresh);
  const restIn = fresh && still ? createRestComparison(fresh) : undefined;
  return (packed) => {
    const earlier = readTrace(packed);
    if (comparison === undefined || earlier === undefined) return false;
    return [earlier, mirrored(earlier)].some(
      (shown) => comparison.isIn(shown) || (restIn !== undefined && restIn(shown) >= SAME_REST),
    );
  };
}

export const packMovement = (trace: Trace): Uint8Array | undefined =>
  trace.at.length === 0 ? undefined : packTrace(trace);

/**
 * Squared units of noise, of all six numbers together, by which two stretches may differ on average, beside a constant shift: 2 to 13
 * between two encodings of one recording, at least 21 between what living people did at different times.
 */
const MOST_DIFFERENT = 20;
/**
 * The same as a share of how much the stretch moves beside what may have been asked for: two performances differ there by about the
 * sum of what each moves, a recording by the noise alone.
 */
const MOST_OF_BESIDE = 0.5;
/** Of the two frames that lie farthest apart alone: most places are left out by it. */
const MOST_APART = 54;
/** Playback: as it was, slower, faster, backwards. */
const SPEEDS = [1, 0.9, 1.11, 0.8, 1.25, -1, -0.9, -1.11, -0.8, -1.25] as const;
/** Milliseconds between a stretch and what it is compared with in one and the same attempt. */
const APART = 600;

export interface Found {
  /** Stretches with enough movement to compare. */
  stretches: number;
  /** Of them, shown before. */
  repeated: number;
}

export type Repeats = Record<keyof typeof scales, Found>;

export const isRepeated = (repeats: Repeats): boolean =>
  kinds.some((kind) => repeats[kind].repeated >= scales[kind].needed);

const kinds = ['long', 'short'] as const satisfies (keyof typeof scales)[];

/** A movement that is held against others. */
export function createComparison(fresh: Trace) {
  const compared = { long: stretchesOf(fresh, scales.long), short: stretchesOf(fresh, scales.short) };

  function count(kind: keyof typeof scales, earlier: Trace, dense: Dense, enough: number): number {
    let repeated = 0;
    for (const stretch of compared[kind]) {
      const until = fresh === earlier ? fresh.at[stretch.from]! - APART : Number.POSITIVE_INFINITY;
      if (isShown(fresh, stretch, dense, { until, differs: scales[kind].differs })) repeated += 1;
      if (repeated >= enough) break;
    }
    return repeated;
  }

  return {
    /** How much of it was there before: in an earlier one, or in the part of the same one that came before. */
    repeatsOf(earlier: Trace): Repeats {
      const dense = denseOf(earlier);
      const of = (kind: keyof typeof scales): Found => ({
        stretches: compared[kind].length,
        repeated: count(kind, earlier, dense, Number.POSITIVE_INFINITY),
      });
      return { long: of('long'), short: of('short') };
    },
    /** Whether enough was; it looks no farther than that. */
    isIn(earlier: Trace): boolean {
      const dense = denseOf(earlier);
      const enough = ({ needed }: Scale) => needed;
      return kinds.some((kind) => count(kind, earlier, dense, enough(scales[kind])) >= enough(scales[kind]));
    },
  };
}

/** Where in an earlier movement a stretch is tried, and how fast it is played there. */
interface Try {
  place: number;
  speed: number;
}

function isShown(
  fresh: Trace,
  stretch: Stretch,
  earlier: Dense,
  { until, differs }: { until: number; differs: Scale['differs'] },
): boolean {
  if (fresh.moments[stretch.from]!.length !== earlier.width) return false;
  const most = MOST_OF_BESIDE * stretch.beside;
  const limit = differs === 'all' ? Math.min(MOST_DIFFERENT, most) : MOST_DIFFERENT;
  const best = mostAlike(fresh, stretch, earlier, { until, limit });
  return best !== undefined && (differs === 'all' || besideOf(fresh, stretch, earlier, best) <= most);
}

/** The part of an earlier movement that is most like a stretch; undefined where none is within the limit. */
function mostAlike(
  fresh: Trace,
  stretch: Stretch,
  earlier: Dense,
  { until, limit }: { until: number; limit: number },
): Try | undefined {
  const last = Math.min(earlier.seen.length - 1, Math.floor((until - earlier.began) / GRID));
  const { at } = fresh;
  const whole = at[stretch.to]! - at[stretch.from]!;
  const [low, high] = stretch.ends;
  let best: Try | undefined;
  let least = limit;
  for (const speed of SPEEDS) {
    const [toLow, toHigh, toEnd] = [at[low]! - at[stretch.from]!, at[high]! - at[stretch.from]!, whole].map(
      (time) => Math.round((speed * time) / GRID),
    ) as [number, number, number];
    const [from, to] = [Math.max(0, -toEnd), Math.min(last, last - toEnd)];
    for (let place = from; place <= to; place++) {
      if (endsDiffer(fresh, stretch, earlier, place + toLow, place + toHigh)) continue;
      const found = difference(fresh, stretch, earlier, { place, speed }, least);
      if (found > least) continue;
      least = found;
      best = { place, speed };
    }
  }
  return best;
}

/** Whether the two frames of a stretch that lie farthest apart do so in another way there. */
function endsDiffer(
  { moments }: Trace,
  { ends: [low, high] }: Stretch,
  { values, weights, width }: Dense,
  lowPlace: number,
  highPlace: number,
): boolean {
  let sum = 0;
  for (let d = 0; d < width; d++) {
    const [a, b] = [lowPlace * width + d, highPlace * width + d];
    const off = moments[high]![d]! - moments[low]![d]! - (values[b]! - values[a]!);
    sum += (off * off) / (1 / weights[a]! + 1 / weights[b]!);
    if (!(sum <= MOST_APART)) return true;
  }
  return false;
}

/** Mean squared difference without the mean difference; infinite where it is above the limit, or not all of it was seen. */
function difference(
  { at, moments }: Trace,
  { from, to }: Stretch,
  earlier: Dense,
  { place, speed }: Try,
  limit: number,
): number {
  const { width, values, weights, seen } = earlier;
  const count = to - from + 1;
  const most = limit * count;
  const means = new Float64Array(width);
  const total = new Float64Array(width);
  let sum = 0;
  // every fourth frame first: neighbours differ alike
  for (let part = 0; part < 4; part++) {
    for (let i = from + part; i <= to; i += 4) {
      const there = place + Math.round((speed * (at[i]! - at[from]!)) / GRID);
      if (seen[there] !== 1) return Number.POSITIVE_INFINITY;
      for (let d = 0; d < width; d++) {
        const weight = weights[there * width + d]!;
        const off = moments[i]![d]! - values[there * width + d]!;
        total[d]! += weight;
        const away = off - means[d]!;
        means[d]! += (away * weight) / total[d]!;
        sum += weight * away * (off - means[d]!);
      }
      if (sum > most) return Number.POSITIVE_INFINITY;
    }
  }
  return sum / count;
}

/** The same beside the stretch's largest movements. */
function besideOf(
  { at, moments }: Trace,
  { from, to, directions }: Stretch,
  { width, values, weights }: Dense,
  { place, speed }: Try,
): number {
  const offs: number[][] = [];
  const means = new Float64Array(width);
  for (let i = from; i <= to; i++) {
    const there = place + Math.round((speed * (at[i]! - at[from]!)) / GRID);
    offs.push(Array.from({ length: width }, (_, d) => moments[i]![d]! - values[there * width + d]!));
    for (let d = 0; d < width; d++) means[d]! += offs.at(-1)![d]! / (to - from + 1);
  }
  let sum = 0;
  for (const [i, off] of offs.entries()) {
    const there = place + Math.round((speed * (at[from + i]! - at[from]!)) / GRID);
    const scaled = off.map((value, d) => (value - means[d]!) * Math.sqrt(weights[there * width + d]!));
    for (const value of scaled) sum += value * value;
    for (const direction of directions)
      sum -= direction.reduce((along, share, d) => along + share * scaled[d]!, 0) ** 2;
  }
  return sum / offs.length;
}

/** Milliseconds between two places of a movement at which another one is tried. */
const GRID = 25;
/** Milliseconds by which the cameras' moments may differ: what moves fast then differs more. */
const UNSURE = 17;

/** A movement between its frames, at every place of a grid. */
export interface Dense {
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
    began,
    width,
    seen: new Uint8Array(count),
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
