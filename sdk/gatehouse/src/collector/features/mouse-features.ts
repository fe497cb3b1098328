import { type MovementShape, shapeOf } from './movement-shape.ts';
import { type MovementStructure, structureOf } from './movement-structure.ts';
import { type MovementTurning, turningOf } from './movement-turning.ts';
import { type Movement, medianGap, movementsOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import {
  correlation,
  deviation,
  gaps,
  interquartile,
  median,
  quantileOfSorted,
  sorted,
} from './statistics.ts';

/** Shorter steps of a slow hand are equal by rounding: pixels. */
const SHORTEST_EQUAL_STEP = 3;

type Figure = keyof MovementShape | keyof MovementTurning | keyof MovementStructure;

/** Group `mouse` of `sessionData`, before rounding. `usualGap`: median gap of the samples. */
export function mouseFeatures(samples: readonly PointerSample[], usualGap = medianGap(samples)) {
  const movements = movementsOf(samples, usualGap);
  const shapes = movements.map((movement) => ({
    ...shapeOf(movement),
    ...turningOf(movement),
    ...structureOf(movement),
  }));
  const all = (name: Figure): number[] =>
    shapes.map((shape) => shape[name]).filter((value) => value !== undefined);
  const inOrder = new Map<Figure, Float64Array>();
  const ordered = (name: Figure): Float64Array => {
    const known = inOrder.get(name) ?? sorted(all(name));
    inOrder.set(name, known);
    return known;
  };
  const middle = (name: Figure) => quantileOfSorted(ordered(name), 0.5);
  const spread = (name: Figure) => deviation(all(name));
  const low = (name: Figure) => quantileOfSorted(ordered(name), 0.1);
  const high = (name: Figure) => quantileOfSorted(ordered(name), 0.9);
  return {
    n: movements.length,
    str: middle('straightness'),
    strIqr: interquartile(ordered('straightness')),
    dev: middle('deviation'),
    vcv: middle('speedVariation'),
    tpk: middle('peakTime'),
    tpkIqr: interquartile(ordered('peakTime')),
    sub: middle('submovements'),
    ldj: middle('jerk'),
    ldjIqr: interquartile(ordered('jerk')),
    turn: middle('turn'),
    turnSd: middle('turnDeviation'),
    flip: middle('flips'),
    pl: middle('powerLaw'),
    fitts: correlation(all('logPath'), all('logDuration')),
    vBeg: middle('startSpeed'),
    vEnd: middle('endSpeed'),
    vSd: spread('logSpeed'),
    durSd: spread('logDuration'),
    strSd: spread('straightness'),
    strLo: low('straightness'),
    lenStr: correlation(all('logPath'), all('straightness')),
    vcvLo: low('speedVariation'),
    vcvHi: high('speedVariation'),
    tpkLo: low('peakTime'),
    vBegLo: low('startSpeed'),
    turnHi: high('turn'),
    top: middle('sharpest'),
    slow: middle('slowTurning'),
    slowHi: high('slowTurning'),
    plRest: high('powerRest'),
    angSd: spread('startAngle'),
    side: middle('side'),
    overSd: spread('overshoot'),
    tSp: middle('timeSpread'),
    tSpSd: spread('timeSpread'),
    tSkHi: high('timeSkew'),
    q1Sd: spread('firstQuarter'),
    rip: middle('ripple'),
    ripSh: middle('rippleShare'),
    cubLo: low('cubic'),
    qui: middle('quintic'),
    quiLo: low('quintic'),
    fitHi: high('speedRest'),
    fitSm: spread('speedRestSmooth'),
    fitts2: fittsRest(all('logPath'), all('logDuration')),
    eq: equalSteps(movements),
  };
}

/** What the length of the movements leaves of their log duration. */
function fittsRest(paths: readonly number[], durations: readonly number[]): number | undefined {
  const together = correlation(paths, durations);
  return together === undefined ? undefined : deviation(durations)! * Math.sqrt(1 - together ** 2);
}

/** Share of steps, as recorded, that are the usual step of their movement to the pixel that rounding takes: a program's constant velocity. */
function equalSteps(movements: readonly Movement[]): number | undefined {
  let steps = 0;
  let equal = 0;
  for (const { samples } of movements) {
    const [dx, dy] = [wholeSteps(samples, 'x'), wholeSteps(samples, 'y')];
    const [usualX, usualY] = [median(dx)!, median(dy)!];
    if (Math.hypot(usualX, usualY) < SHORTEST_EQUAL_STEP) continue;
    steps += dx.length;
    for (let at = 0; at < dx.length; at += 1)
      if (Math.abs(dx[at]! - usualX) <= 1 && Math.abs(dy[at]! - usualY) <= 1) equal += 1;
  }
  return steps === 0 ? undefined : equal / steps;
}

/** Steps between samples at whole pixels. */
const wholeSteps = (samples: readonly PointerSample[], axis: 'x' | 'y'): number[] =>
  gaps(samples.map((sample) => Math.round(sample[axis])));
