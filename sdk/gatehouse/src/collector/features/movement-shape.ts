import { type Movement, STEP } from './movements.ts';
import { variation } from './statistics.ts';

/** Shape of one movement. `undefined`: too short for this figure. */
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
  /** Speed at the start and at the end, as a share of the highest. */
  startSpeed: number;
  endSpeed: number;
  /** Natural logarithms of pixels per second, milliseconds and pixels. */
  logSpeed: number;
  logDuration: number;
  logPath: number;
}

/** A peak counts from this share of the highest speed; the valley before it goes under this share of the lower of the two peaks. */
const LOWEST_PEAK = 0.15;
const DEEPEST_VALLEY = 0.75;

export function shapeOf({ x, y, dx, dy, lengths, duration, path }: Movement): MovementShape {
  const highest = Math.max(...lengths);
  return {
    ...chordOf(x, y, path),
    speedVariation: variation(lengths) ?? 0,
    peakTime: (lengths.indexOf(highest) + 0.5) / lengths.length,
    submovements: peaks(lengths, highest) / (duration / 1_000),
    jerk: jerkOf(dx, dy, duration, highest),
    startSpeed: lengths[0]! / highest,
    endSpeed: lengths.at(-1)! / highest,
    logSpeed: Math.log(path / (duration / 1_000)),
    logDuration: Math.log(duration),
    logPath: Math.log(path),
  };
}

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

/** Peaks of the speed that a valley parts from the one before; a movement has at least one. */
function peaks(speeds: readonly number[], highest: number): number {
  let found = 0;
  let peak = 0;
  let valley = 0;
  let before = 0;
  for (let at = 0; at < speeds.length; at += 1) {
    const speed = speeds[at]!;
    const after = at + 1 < speeds.length ? speeds[at + 1]! : 0;
    valley = Math.min(valley, speed);
    const isPeak = speed > before && speed >= after && speed >= LOWEST_PEAK * highest;
    before = speed;
    if (!isPeak) continue;
    if (found === 0 || valley < DEEPEST_VALLEY * Math.min(peak, speed)) found += 1;
    else if (speed <= peak) continue;
    peak = speed;
    valley = speed;
  }
  return Math.max(found, 1);
}

/** ln(∫|jerk|² dt · duration³ / peak speed²); of a movement of at least four points. */
function jerkOf(
  dx: readonly number[],
  dy: readonly number[],
  duration: number,
  highest: number,
): number | undefined {
  if (dx.length < 3) return undefined;
  const step = STEP / 1_000;
  let squared = 0;
  for (let at = 2; at < dx.length; at += 1) {
    const jerkX = dx[at]! - dx[at - 1]! - (dx[at - 1]! - dx[at - 2]!);
    const jerkY = dy[at]! - dy[at - 1]! - (dy[at - 1]! - dy[at - 2]!);
    squared += jerkX * jerkX + jerkY * jerkY;
  }
  const integral = squared / step ** 5;
  const peak = highest / step;
  return Math.log(Math.max(1e-9, (integral * (duration / 1_000) ** 3) / peak ** 2));
}
