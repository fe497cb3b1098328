import { type MovementShape, shapeOf } from './movement-shape.ts';
import { type Movement, movementsOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import { correlation, deviation, gaps, interquartile, median } from './statistics.ts';

/** Shorter steps of a slow hand are equal by rounding: pixels. */
const SHORTEST_EQUAL_STEP = 3;

/** Group `mouse` of `sessionData`, before rounding. */
export function mouseFeatures(samples: readonly PointerSample[]) {
  const movements = movementsOf(samples);
  const shapes = movements.map(shapeOf);
  const all = (name: keyof MovementShape): number[] =>
    shapes.map((shape) => shape[name]).filter((value) => value !== undefined);
  const middle = (name: keyof MovementShape) => median(all(name));
  return {
    n: movements.length,
    str: middle('straightness'),
    strIqr: interquartile(all('straightness')),
    dev: middle('deviation'),
    vcv: middle('speedVariation'),
    tpk: middle('peakTime'),
    tpkIqr: interquartile(all('peakTime')),
    sub: middle('submovements'),
    ldj: middle('jerk'),
    ldjIqr: interquartile(all('jerk')),
    turn: middle('turn'),
    turnSd: middle('turnDeviation'),
    flip: middle('flips'),
    pl: middle('powerLaw'),
    fitts: correlation(all('logPath'), all('logDuration')),
    vBeg: middle('startSpeed'),
    vEnd: middle('endSpeed'),
    vSd: deviation(all('logSpeed')),
    durSd: deviation(all('logDuration')),
    eq: equalSteps(movements),
  };
}

/** Share of steps, as recorded, that are the usual step of their movement to the pixel that rounding takes: a program's constant velocity. */
function equalSteps(movements: readonly Movement[]): number | undefined {
  let steps = 0;
  let equal = 0;
  for (const { samples } of movements) {
    const [dx, dy] = [
      gaps(samples.map(({ x }) => Math.round(x))),
      gaps(samples.map(({ y }) => Math.round(y))),
    ];
    const [usualX, usualY] = [median(dx)!, median(dy)!];
    if (Math.hypot(usualX, usualY) < SHORTEST_EQUAL_STEP) continue;
    steps += dx.length;
    equal += dx.filter((x, at) => Math.abs(x - usualX) <= 1 && Math.abs(dy[at]! - usualY) <= 1).length;
  }
  return steps === 0 ? undefined : equal / steps;
}
