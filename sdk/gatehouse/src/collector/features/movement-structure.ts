import type { Movement } from './movements.ts';
import { restsOf } from './polynomial-rests.ts';
import { correlation, deviation, gaps, mean, sum } from './statistics.ts';

/**
 * How one movement is built, beyond its shape: whether a simple curve explains its path and its pace, where in time the way is made, how
 * it comes to its end. All of it in shares of the movement, so that neither its size nor its recorder is in it. `undefined`: too short.
 */
export interface MovementStructure {
  /** Of the time of the way: its deviation, and its third moment, in durations. */
  timeSpread: number;
  timeSkew: number;
  /** Share of the way in the first quarter. */
  firstQuarter: number;
  /** Change of the change of speed: by mean speed, and by the change of speed. */
  ripple: number | undefined;
  rippleShare: number | undefined;
  /** Natural logarithms of what polynomials of time (degree 3 and 5) leave of the path, in paths. */
  cubic: number | undefined;
  quintic: number | undefined;
  /** What a polynomial of degree 4 leaves of the speed, in mean speeds, and how smooth it is. */
  speedRest: number | undefined;
  speedRestSmooth: number | undefined;
  /** Angle between the first fifth and the chord. */
  startAngle: number | undefined;
  /** Way beyond the end, in chords. */
  overshoot: number | undefined;
  /** Whether the path lies on one side of its chord: 1. */
  side: number | undefined;
}

/** Fewer points are explained by any curve. */
const FEWEST_POINTS = 8;
const LEAST_REST = 1e-5;

export function structureOf({ x, y, lengths, path }: Movement): MovementStructure {
  return {
    ...timeOf(lengths, path),
    ...(x.length < FEWEST_POINTS ? nothingFitted : fittedOf(x, y, lengths, path)),
    ...endsOf(x, y),
  };
}

function timeOf(speeds: readonly number[], path: number) {
  const many = speeds.length;
  let middle = 0;
  for (let at = 0; at < many; at += 1) middle += (speeds[at]! * (at + 0.5)) / many;
  middle /= path;
  let [spread, skew] = [0, 0];
  for (let at = 0; at < many; at += 1) {
    const off = (at + 0.5) / many - middle;
    spread += speeds[at]! * off * off;
    skew += speeds[at]! * off * off * off;
  }
  const quarter = Math.max(1, Math.floor(many / 4));
  return {
    timeSpread: Math.sqrt(spread / path),
    timeSkew: skew / path,
    firstQuarter: sum(speeds.slice(0, quarter)) / path,
  };
}

const nothingFitted = {
  ripple: undefined,
  rippleShare: undefined,
  cubic: undefined,
  quintic: undefined,
  speedRest: undefined,
  speedRestSmooth: undefined,
};

function fittedOf(x: readonly number[], y: readonly number[], speeds: readonly number[], path: number) {
  const [ofX, ofY] = restsOf([x, y], [3, 5]);
  const restOf = (which: 0 | 1): number =>
    Math.log(Math.sqrt((squares(ofX![which]!) + squares(ofY![which]!)) / x.length) / path + LEAST_REST);
  const usual = Math.max(mean(speeds)!, 1e-9);
  const rest = restsOf([speeds], [4])[0]![0]!;
  const changes = gaps(speeds);
  const ripples = gaps(changes).map(Math.abs);
  return {
    ripple: mean(ripples)! / usual,
    rippleShare: sum(ripples) / (sum(changes.map(Math.abs)) + 1e-9),
    cubic: restOf(0),
    quintic: restOf(1),
    speedRest: deviation(rest)! / usual,
    speedRestSmooth: correlation(rest.slice(1), rest.slice(0, -1)),
  };
}

function squares(values: readonly number[]): number {
  let total = 0;
  for (const one of values) total += one * one;
  return total;
}

function endsOf(x: readonly number[], y: readonly number[]) {
  const last = x.length - 1;
  const [acrossX, acrossY] = [x[last]! - x[0]!, y[last]! - y[0]!];
  const chord = Math.hypot(acrossX, acrossY);
  if (chord <= 1) return { startAngle: undefined, overshoot: undefined, side: undefined };
  const fifth = Math.max(1, Math.floor(last / 5));
  const [startX, startY] = [x[fifth]! - x[0]!, y[fifth]! - y[0]!];
  let [farthest, aside, besides] = [0, 0, 0];
  for (let at = 0; at <= last; at += 1) {
    const [px, py] = [x[at]! - x[0]!, y[at]! - y[0]!];
    farthest = Math.max(farthest, (px * acrossX + py * acrossY) / chord ** 2);
    const beside = (px * acrossY - py * acrossX) / chord;
    aside += beside;
    besides += Math.abs(beside);
  }
  return {
    startAngle: Math.abs(
      Math.atan2(startX * acrossY - startY * acrossX, startX * acrossX + startY * acrossY),
    ),
    overshoot: Math.max(0, farthest - 1),
    side: Math.abs(aside) / (besides + 1e-9),
  };
}
