import type { PointerSample } from './raw-window.ts';
import { gaps, median, sum } from './statistics.ts';

/** Milliseconds between two points of a resampled movement. */
export const STEP = 20;
/** A longer gap ends a movement: milliseconds. */
const PAUSE = 150;
/** The same for a recorder whose median gap is longer than `SLOW`: between one frame and two at 60 Hz (docs/decisions/0039). */
const SLOW_PAUSE = 350;
const SLOW = 25;
/** Fewer gaps say nothing about the rate of a recorder. */
const FEWEST_GAPS = 8;
const FEWEST_SAMPLES = 4;
const SHORTEST_PATH = 25;
const SHORTEST_TIME = 80;

/** One movement as it was recorded, and at even steps of time. */
export interface Movement {
  /** Of each sample: whole pixels. */
  wholeX: readonly number[];
  wholeY: readonly number[];
  /** Milliseconds. */
  duration: number;
  /** Pixels of the smoothed path. */
  path: number;
  x: readonly number[];
  y: readonly number[];
  /** From each point to the next: pixels. */
  dx: readonly number[];
  dy: readonly number[];
  lengths: readonly number[];
}

/**
 * Median gap in milliseconds between two events of a moving mouse; `undefined` where hardly anything moved. Chooses gap rules; never an
 * input of a model.
 */
export function medianGap(samples: readonly PointerSample[]): number | undefined {
  const moving = gaps(samples.map(({ t }) => t)).filter((gap) => gap > 0 && gap <= SLOW_PAUSE);
  return moving.length < FEWEST_GAPS ? undefined : median(moving);
}

/**
 * Movements long enough to have a shape: path of at least 25 px, at least 80 ms. Positions are rounded to whole pixels and resampled to
 * 20 ms, so that neither the rate of the recorder nor the resolution of its clock is in them. `usualGap`: their median gap.
 */
export const movementsOf = (samples: readonly PointerSample[], usualGap = medianGap(samples)) =>
  stretchesOf(samples, usualGap).flatMap((stretch) => {
    const movement = movementOf(stretch);
    return movement ? [{ samples: stretch, ...movement }] : [];
  });

/** Samples between two pauses, each list at least one. */
export function stretchesOf(
  samples: readonly PointerSample[],
  usualGap: number | undefined,
): PointerSample[][] {
  const pause = (usualGap ?? 0) > SLOW ? SLOW_PAUSE : PAUSE;
  const stretches: PointerSample[][] = [];
  let from = 0;
  for (let at = 1; at <= samples.length; at += 1) {
    if (at < samples.length && samples[at]!.t - samples[at - 1]!.t <= pause) continue;
    stretches.push(samples.slice(from, at));
    from = at;
  }
  return stretches;
}

/** The movement that a stretch is; `undefined` where it is too short for one. */
export function movementOf(samples: readonly PointerSample[]): Movement | undefined {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  const duration = samples.at(-1)!.t - samples[0]!.t;
  if (duration < SHORTEST_TIME) return undefined;
  const wholeX = samples.map((sample) => Math.round(sample.x));
  const wholeY = samples.map((sample) => Math.round(sample.y));
  const even = resampled(samples, duration, wholeX, wholeY);
  const [x, y] = [smoothed(even.x), smoothed(even.y)];
  const [dx, dy] = [gaps(x), gaps(y)];
  const lengths = dx.map((one, at) => Math.hypot(one, dy[at]!));
  const path = sum(lengths);
  return path < SHORTEST_PATH ? undefined : { wholeX, wholeY, duration, path, x, y, dx, dy, lengths };
}

/** Linear between samples, a point every 20 ms from the first. */
function resampled(
  samples: readonly PointerSample[],
  duration: number,
  wholeX: readonly number[],
  wholeY: readonly number[],
) {
  const [x, y]: [number[], number[]] = [[], []];
  const start = samples[0]!.t;
  let [before, next, after] = [start, 1, samples[1]!.t];
  for (let elapsed = 0; elapsed <= duration; elapsed += STEP) {
    const t = start + elapsed;
    while (after < t) {
      next += 1;
      before = after;
      after = samples[next]!.t;
    }
    const part = after > before ? (t - before) / (after - before) : 1;
    x.push(wholeX[next - 1]! + (wholeX[next]! - wholeX[next - 1]!) * part);
    y.push(wholeY[next - 1]! + (wholeY[next]! - wholeY[next - 1]!) * part);
  }
  return { x, y };
}

/** Mean of five neighbors; of three and of one at the ends, which therefore stay where they are. */
export function smoothed(values: readonly number[]): number[] {
  const last = values.length - 1;
  return values.map((value, at) => {
    const reach = Math.min(at, last - at);
    if (reach === 0) return value;
    if (reach === 1) return (values[at - 1]! + value + values[at + 1]!) / 3;
    return (values[at - 2]! + values[at - 1]! + value + values[at + 1]! + values[at + 2]!) / 5;
  });
}
