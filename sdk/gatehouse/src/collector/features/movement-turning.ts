import type { Movement } from './movements.ts';
import { correlation, deviation, mean, sum } from './statistics.ts';

/** How one movement turns. Absent, or `undefined`: too short or too straight for this figure. */
export interface MovementTurning {
  /** Mean and deviation of the turn between two steps: radians. */
  turn?: number | undefined;
  turnDeviation?: number | undefined;
  /** Share of turns that go the other way than the turn before. */
  flips?: number | undefined;
  /** Correlation of log curvature and log speed (two-thirds power law: negative), and what it leaves of the log speed. */
  powerLaw?: number | undefined;
  powerRest?: number | undefined;
  /** Share of all turning in the slowest third of steps, and the sharpest turn: radians. */
  slowTurning?: number;
  sharpest?: number;
}

/** Steps shorter than this have no direction: pixels. */
const SHORTEST_STEP = 0.5;
/** A smaller turn has no curvature: radians. */
const LEAST_CURVE = 1e-3;
const FEWEST_FOR_REST = 5;

export function turningOf(movement: Movement): MovementTurning {
  const { angles, lengths } = turnsOf(movement);
  if (angles.length === 0) return {};
  const sizes = angles.map(Math.abs);
  return {
    turn: mean(sizes),
    turnDeviation: deviation(angles),
    flips: flipsOf(angles),
    ...powerLawOf(sizes, lengths),
    slowTurning: slowTurningOf(sizes, lengths),
    sharpest: Math.max(...sizes),
  };
}

/** Turns between steps that have a direction: radians, and mean length of the two steps in pixels. */
function turnsOf({ dx, dy, lengths: steps }: Movement) {
  const [angles, lengths]: [number[], number[]] = [[], []];
  let last = -1;
  for (let at = 0; at < steps.length; at += 1) {
    if (steps[at]! < SHORTEST_STEP) continue;
    if (last >= 0) {
      const cross = dx[last]! * dy[at]! - dy[last]! * dx[at]!;
      const dot = dx[last]! * dx[at]! + dy[last]! * dy[at]!;
      angles.push(Math.atan2(cross, dot));
      lengths.push((steps[at]! + steps[last]!) / 2);
    }
    last = at;
  }
  return { angles, lengths };
}

function flipsOf(angles: readonly number[]): number | undefined {
  let [curved, flips, last] = [0, 0, 0];
  for (let at = 0; at < angles.length; at += 1) {
    const angle = angles[at]!;
    if (Math.abs(angle) <= LEAST_CURVE) continue;
    if (angle * last < 0) flips += 1;
    curved += 1;
    last = angle;
  }
  return curved < 2 ? undefined : flips / (curved - 1);
}

function powerLawOf(sizes: readonly number[], lengths: readonly number[]) {
  const [curvature, speed]: [number[], number[]] = [[], []];
  for (let at = 0; at < sizes.length; at += 1) {
    if (sizes[at]! <= LEAST_CURVE) continue;
    curvature.push(Math.log(sizes[at]! / lengths[at]!));
    speed.push(Math.log(lengths[at]!));
  }
  const powerLaw = correlation(curvature, speed);
  const powerRest =
    powerLaw === undefined || speed.length < FEWEST_FOR_REST
      ? undefined
      : deviation(speed)! * Math.sqrt(1 - powerLaw ** 2);
  return { powerLaw, powerRest };
}

function slowTurningOf(sizes: readonly number[], lengths: readonly number[]): number {
  const bySpeed = sizes.map((_, at) => at).sort((a, b) => lengths[a]! - lengths[b]!);
  const slow = bySpeed.slice(0, Math.max(1, Math.floor(sizes.length / 3)));
  return sum(slow.map((at) => sizes[at]!)) / (sum(sizes) + 1e-9);
}
