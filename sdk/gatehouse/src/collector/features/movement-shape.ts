import { type Movement, STEP } from './movements.ts';
import { correlation, deviation, mean, variation } from './statistics.ts';

/** Shape of one movement. `undefined`: too short or too straight for this figure. */
export interface MovementShape {
  /** Chord over path: 1 is a straight line. */
  straightness: number;
  /** Largest distance from the chord, in chords. */
  deviation: number;
  /** Standard deviation over mean of the speed. */
  speedVariation: number;
  /** When the speed was highest, as a share of the duration. */
  peakTime: number;
  /** Peaks of the speed per second. */
  submovements: number;
  /** Natural logarithm of the dimensionless squared jerk. */
  jerk: number | undefined;
  /** Mean and deviation of the turn between two steps: radians. */
  turn: number | undefined;
  turnDeviation: number | undefined;
  /** Share of turns that go the other way than the turn before. */
  flips: number | undefined;
  /** Correlation of log curvature and log speed (two-thirds power law: negative). */
  powerLaw: number | undefined;
  /** Speed at the start and at the end, as a share of the highest. */
  startSpeed: number;
  endSpeed: number;
  /** Natural logarithms of pixels per second, milliseconds and pixels. */
  logSpeed: number;
  logDuration: number;
  logPath: number;
}

/** Steps shorter than this have no direction: pixels. */
const SHORTEST_STEP = 0.5;
/** A peak counts from this share of the highest speed; the valley before it goes under this share of the lower of the two peaks. */
const LOWEST_PEAK = 0.15;
const DEEPEST_VALLEY = 0.75;

export function shapeOf({ x, y, duration, path }: Movement): MovementShape {
  const [dx, dy] = [steps(x), steps(y)];
  const lengths = dx.map((one, at) => Math.hypot(one, dy[at]!));
  const highest = Math.max(...lengths);
  const turns = turnsOf(dx, dy, lengths);
  const angles = turns.map(({ angle }) => angle);
  const curved = turns.filter(({ angle }) => Math.abs(angle) > 1e-3);
  return {
    ...chordOf(x, y, path),
    speedVariation: variation(lengths) ?? 0,
    peakTime: (lengths.indexOf(highest) + 0.5) / lengths.length,
    submovements: peaks(lengths, highest) / (duration / 1_000),
    jerk: jerkOf(x, y, duration, highest),
    turn: mean(angles.map(Math.abs)),
    turnDeviation: deviation(angles),
    flips: flipsOf(curved.map(({ angle }) => angle)),
    powerLaw: correlation(
      curved.map(({ angle, length }) => Math.log(Math.abs(angle) / length)),
      curved.map(({ length }) => Math.log(length)),
    ),
    startSpeed: lengths[0]! / highest,
    endSpeed: lengths.at(-1)! / highest,
    logSpeed: Math.log(path / (duration / 1_000)),
    logDuration: Math.log(duration),
    logPath: Math.log(path),
  };
}

const steps = (values: readonly number[]): number[] =>
  values.slice(1).map((value, at) => value - values[at]!);

function chordOf(x: readonly number[], y: readonly number[], path: number) {
  const [acrossX, acrossY] = [x.at(-1)! - x[0]!, y.at(-1)! - y[0]!];
  const chord = Math.hypot(acrossX, acrossY);
  const base = Math.max(chord, 1);
  let farthest = 0;
  for (let at = 0; at < x.length; at += 1) {
    const [px, py] = [x[at]! - x[0]!, y[at]! - y[0]!];
    const distance = chord < 1 ? Math.hypot(px, py) : Math.abs(px * acrossY - py * acrossX) / chord;
    farthest = Math.max(farthest, distance);
  }
  return { straightness: chord / path, deviation: farthest / base };
}

function turnsOf(dx: readonly number[], dy: readonly number[], lengths: readonly number[]) {
  const turns: { angle: number; length: number }[] = [];
  let last: number | undefined;
  lengths.forEach((length, at) => {
    if (length < SHORTEST_STEP) return;
    if (last !== undefined) {
      const cross = dx[last]! * dy[at]! - dy[last]! * dx[at]!;
      const dot = dx[last]! * dx[at]! + dy[last]! * dy[at]!;
      turns.push({ angle: Math.atan2(cross, dot), length: (length + lengths[last]!) / 2 });
    }
    last = at;
  });
  return turns;
}

function flipsOf(angles: readonly number[]): number | undefined {
  return mean(angles.slice(1).map((angle, at) => (angle * angles[at]! < 0 ? 1 : 0)));
}

/** Peaks of the speed that a valley parts from the one before; a movement has at least one. */
function peaks(speeds: readonly number[], highest: number): number {
  let found = 0;
  let peak = 0;
  let valley = 0;
  speeds.forEach((speed, at) => {
    valley = Math.min(valley, speed);
    const rises = speed > (speeds[at - 1] ?? 0);
    const falls = speed >= (speeds[at + 1] ?? 0);
    if (!rises || !falls || speed < LOWEST_PEAK * highest) return;
    if (found === 0 || valley < DEEPEST_VALLEY * Math.min(peak, speed)) found += 1;
    else if (speed <= peak) return;
    peak = speed;
    valley = speed;
  });
  return Math.max(found, 1);
}

/** ln(∫|jerk|² dt · duration³ / peak speed²); of a movement of at least four points. */
function jerkOf(
  x: readonly number[],
  y: readonly number[],
  duration: number,
  highest: number,
): number | undefined {
  const [jerkX, jerkY] = [x, y].map((values) => steps(steps(steps(values))));
  const step = STEP / 1_000;
  if (jerkX!.length === 0) return undefined;
  let squared = 0;
  for (let at = 0; at < jerkX!.length; at += 1) squared += jerkX![at]! ** 2 + jerkY![at]! ** 2;
  const integral = squared / step ** 5;
  const peak = highest / step;
  return Math.log(Math.max(1e-9, (integral * (duration / 1_000) ** 3) / peak ** 2));
}
