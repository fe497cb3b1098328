import type { Movement } from './movements.ts';
import { correlation, deviation, mean, sum } from './statistics.ts';

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
  /** Share of all turning in the slowest third of steps, and the sharpest turn. */
  slowTurning: number | undefined;
  sharpest: number | undefined;
  /** What the two-thirds power law leaves of the log speed. */
  powerRest: number | undefined;
  /** Angle between the first fifth and the chord. */
  startAngle: number | undefined;
  /** Way beyond the end, in chords. */
  overshoot: number | undefined;
  /** Whether the path lies on one side of its chord: 1. */
  side: number | undefined;
}

/** Steps shorter than this have no direction: pixels. */
const SHORTEST_STEP = 0.5;
/** Fewer points are explained by any curve. */
const FEWEST_POINTS = 8;
const LEAST_REST = 1e-5;

export function structureOf({ x, y, path }: Movement): MovementStructure {
  const [dx, dy] = [differences(x), differences(y)];
  const speeds = dx.map((one, at) => Math.hypot(one, dy[at]!));
  return {
    ...timeOf(speeds, path),
    ...(x.length < FEWEST_POINTS ? nothingFitted : fittedOf(x, y, speeds, path)),
    ...turningOf(dx, dy, speeds),
    ...endsOf(x, y),
  };
}

const differences = (values: readonly number[]): number[] =>
  values.slice(1).map((value, at) => value - values[at]!);

function timeOf(speeds: readonly number[], path: number) {
  const times = speeds.map((_, at) => (at + 0.5) / speeds.length);
  const moment = (center: number, power: number): number =>
    sum(speeds.map((speed, at) => speed * (times[at]! - center) ** power)) / path;
  const timeMiddle = moment(0, 1);
  const quarter = Math.max(1, Math.floor(speeds.length / 4));
  return {
    timeSpread: Math.sqrt(moment(timeMiddle, 2)),
    timeSkew: moment(timeMiddle, 3),
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
  const time = evenly(x.length);
  const restOf = (degree: number): number => {
    const [restX, restY] = [leftOf(time, x, degree), leftOf(time, y, degree)];
    const squared = restX.map((one, at) => one ** 2 + restY[at]! ** 2);
    return Math.log(Math.sqrt(mean(squared)!) / path + LEAST_REST);
  };
  const usual = Math.max(mean(speeds)!, 1e-9);
  const rest = leftOf(evenly(speeds.length), speeds, 4);
  const changes = differences(speeds);
  const ripples = differences(changes).map(Math.abs);
  return {
    ripple: mean(ripples)! / usual,
    rippleShare: sum(ripples) / (sum(changes.map(Math.abs)) + 1e-9),
    cubic: restOf(3),
    quintic: restOf(5),
    speedRest: deviation(rest)! / usual,
    speedRestSmooth: correlation(rest.slice(1), rest.slice(0, -1)),
  };
}

const evenly = (many: number): number[] => Array.from({ length: many }, (_, at) => (2 * at) / (many - 1) - 1);

/** What the polynomial of this degree that fits best leaves of the values. */
function leftOf(along: readonly number[], values: readonly number[], degree: number): number[] {
  const basis: number[][] = [];
  let rest = [...values];
  for (let power = 0; power <= degree; power += 1) {
    let next = along.map((at) => at ** power);
    for (const earlier of basis) next = without(next, earlier);
    const length = Math.hypot(...next);
    if (length < 1e-9) break;
    const unit = next.map((one) => one / length);
    basis.push(unit);
    rest = without(rest, unit);
  }
  return rest;
}

function without(values: readonly number[], unit: readonly number[]): number[] {
  const part = sum(values.map((one, at) => one * unit[at]!));
  return values.map((one, at) => one - part * unit[at]!);
}

function turningOf(dx: readonly number[], dy: readonly number[], speeds: readonly number[]) {
  const turns: { angle: number; length: number }[] = [];
  let last: number | undefined;
  speeds.forEach((length, at) => {
    if (length < SHORTEST_STEP) return;
    if (last !== undefined) {
      const cross = dx[last]! * dy[at]! - dy[last]! * dx[at]!;
      const dot = dx[last]! * dx[at]! + dy[last]! * dy[at]!;
      turns.push({ angle: Math.abs(Math.atan2(cross, dot)), length: (length + speeds[last]!) / 2 });
    }
    last = at;
  });
  if (turns.length === 0) return { slowTurning: undefined, sharpest: undefined, powerRest: undefined };
  const slowest = [...turns].sort((a, b) => a.length - b.length);
  const all = sum(turns.map(({ angle }) => angle));
  const slow = slowest.slice(0, Math.max(1, Math.floor(turns.length / 3)));
  return {
    slowTurning: sum(slow.map(({ angle }) => angle)) / (all + 1e-9),
    sharpest: Math.max(...turns.map(({ angle }) => angle)),
    powerRest: powerRestOf(turns.filter(({ angle }) => angle > 1e-3)),
  };
}

function powerRestOf(turns: readonly { angle: number; length: number }[]): number | undefined {
  if (turns.length < 5) return undefined;
  const curvature = turns.map(({ angle, length }) => Math.log(angle / length));
  const speed = turns.map(({ length }) => Math.log(length));
  const together = correlation(curvature, speed);
  return together === undefined ? undefined : deviation(speed)! * Math.sqrt(1 - together ** 2);
}

function endsOf(x: readonly number[], y: readonly number[]) {
  const last = x.length - 1;
  const [acrossX, acrossY] = [x[last]! - x[0]!, y[last]! - y[0]!];
  const chord = Math.hypot(acrossX, acrossY);
  if (chord <= 1) return { startAngle: undefined, overshoot: undefined, side: undefined };
  const fifth = Math.max(1, Math.floor(last / 5));
  const [startX, startY] = [x[fifth]! - x[0]!, y[fifth]! - y[0]!];
  const along = x.map((one, at) => ((one - x[0]!) * acrossX + (y[at]! - y[0]!) * acrossY) / chord ** 2);
  const beside = x.map((one, at) => ((one - x[0]!) * acrossY - (y[at]! - y[0]!) * acrossX) / chord);
  return {
    startAngle: Math.abs(
      Math.atan2(startX * acrossY - startY * acrossX, startX * acrossX + startY * acrossY),
    ),
    overshoot: Math.max(0, Math.max(...along) - 1),
    side: Math.abs(sum(beside)) / (sum(beside.map(Math.abs)) + 1e-9),
  };
}
