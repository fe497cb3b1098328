import { createFigures, type MovementFigures } from './movement-figures.ts';
import { medianGap, stretchesOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import { correlation, deviation, interquartile, quantileOfSorted, sorted, sum } from './statistics.ts';

type Figure = Exclude<keyof MovementFigures, 'steps' | 'comparable' | 'equal' | 'onAxis'>;

/** Group `mouse` of `sessionData`, before rounding. `usualGap`: median gap of the samples. `figures`: what is known of movements from before. */
export function mouseFeatures(
  samples: readonly PointerSample[],
  usualGap = medianGap(samples),
  figures = createFigures(),
) {
  const movements = figures.of(stretchesOf(samples, usualGap));
  const all = (name: Figure): number[] =>
    movements.map((movement) => movement[name]).filter((value) => value !== undefined);
  const [paths, durations] = [all('logPath'), all('logDuration')];
  const fitts = correlation(paths, durations);
  const ordered = (name: Figure) => sorted(all(name));
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
    fitts,
    vBeg: middle('startSpeed'),
    vEnd: middle('endSpeed'),
    vSd: spread('logSpeed'),
    durSd: spread('logDuration'),
    strSd: spread('straightness'),
    strLo: low('straightness'),
    lenStr: correlation(paths, all('straightness')),
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
    /** What the length of the movements leaves of their log duration. */
    fitts2: fitts === undefined ? undefined : deviation(durations)! * Math.sqrt(1 - fitts ** 2),
    eq: shareOfSteps(movements, 'equal', 'comparable'),
    axis: shareOfSteps(movements, 'onAxis', 'steps'),
  };
}

/** The constant velocity of a program, or the directions of keys that move the pointer. */
function shareOfSteps(
  movements: readonly MovementFigures[],
  which: 'equal' | 'onAxis',
  all: 'comparable' | 'steps',
): number | undefined {
  const steps = sum(movements.map((one) => one[all]));
  return steps === 0 ? undefined : sum(movements.map((one) => one[which])) / steps;
}
