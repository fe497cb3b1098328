import type { Movement } from './movements.ts';
import { restsOf } from './polynomial-rests.ts';
import { correlation, deviation, gaps, sum } from './statistics.ts';

/**
 * How one movement is built, beyond its shape: whether a simple curve explains its path and its pace, where in time the way is made, how
 * it comes to its end. All of it in shares of the movement, so that neither its size nor its recorder is in it. Absent, or `undefined`: too short.
 */
export interface MovementStructure {
  /** Of the time of the way: its deviation, and its third moment, in durations. */
  timeSpread: number;
  timeSkew: number;
  /** Share of the way in the first quarter. */
  firstQuarter: number;
  /** Change of the change of speed: by mean speed, and by the change of speed. */
  ripple?: number;
  rippleShare?: number;
  /** Natural logarithms of what polynomials of time (degree 3 and 5) leave of the path, in paths. */
  cubic?: number;
  quintic?: number;
  /** What a polynomial of degree 4 leaves of the speed, in mean speeds, and how smooth it is. */
  speedRest?: number;
  speedRestSmooth?: number | undefined;
}

/** Fewer points are explained by any curve. */
const FEWEST_POINTS = 8;
const LEAST_REST = 1e-5;

export function structureOf({ x, y, lengths, path }: Movement): MovementStructure {
  return {
    ...timeOf(lengths, path),
    ...(x.length >= FEWEST_POINTS && fittedOf(x, y, lengths, path)),
  };
}

function timeOf(speeds: readonly number[], path: number) {
  const many = speeds.length;
  let middle = 0;
  for (let at = 0; at < many; at += 1) middle += speeds[at]! * (at + 0.5);
  middle /= many * path;
  let [spread, skew] = [0, 0];
  for (let at = 0; at < many; at += 1) {
    const off = (at + 0.5) / many - middle;
    const squared = speeds[at]! * off * off;
    spread += squared;
    skew += squared * off;
  }
  return {
    timeSpread: Math.sqrt(spread / path),
    timeSkew: skew / path,
    firstQuarter: sum(speeds.slice(0, Math.floor(many / 4))) / path,
  };
}

function fittedOf(x: readonly number[], y: readonly number[], speeds: readonly number[], path: number) {
  const [ofX, ofY] = [restsOf(x), restsOf(y)];
  const restOf = (degree: number): number =>
    Math.log(Math.sqrt((ofX.squares(degree) + ofY.squares(degree)) / x.length) / path + LEAST_REST);
  const usual = path / speeds.length;
  const rests = restsOf(speeds).ofQuartic();
  const changes = gaps(speeds);
  const ripples = sum(gaps(changes).map(Math.abs));
  return {
    ripple: ripples / (changes.length - 1) / usual,
    rippleShare: ripples / (sum(changes.map(Math.abs)) + 1e-9),
    cubic: restOf(3),
    quintic: restOf(5),
    speedRest: deviation(rests)! / usual,
    speedRestSmooth: correlation(rests.slice(1), rests.slice(0, -1)),
  };
}
