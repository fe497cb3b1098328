import { type Movement, STEP } from './movements.ts';
import { deviation } from './statistics.ts';

/** Shape of one movement. */
export interface MovementShape {
  /** Standard deviation over mean of the speed. */
  speedVariation: number;
  /** When the speed was highest, as a share of the duration. */
  peakTime: number;
  /** Peaks of the speed per second. */
  submovements: number;
  /** Natural logarithm of the dimensionless squared jerk. */
  jerk: number;
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

export function shapeOf({ dx, dy, lengths, duration, path }: Movement): MovementShape {
  const highest = Math.max(...lengths);
  return {
    speedVariation: (deviation(lengths)! * lengths.length) / path,
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

/** Peaks of the speed that a valley parts from the one before; a movement has at least one. */
function peaks(speeds: readonly number[], highest: number): number {
  let found = 0;
  let peak = 0;
  let valley = 0;
  let before = 0;
  for (let at = 0; at < speeds.length; at += 1) {
    const speed = speeds[at]!;
    const after = speeds[at + 1] ?? 0;
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

/** ln(∫|jerk|² dt · duration³ / peak speed²), which is the same in any unit of time and of way. */
function jerkOf(dx: readonly number[], dy: readonly number[], duration: number, highest: number): number {
  let squared = 0;
  let [changeX, changeY] = [dx[1]! - dx[0]!, dy[1]! - dy[0]!];
  for (let at = 2; at < dx.length; at += 1) {
    const nextX = dx[at]! - dx[at - 1]!;
    const nextY = dy[at]! - dy[at - 1]!;
    squared += (nextX - changeX) ** 2 + (nextY - changeY) ** 2;
    changeX = nextX;
    changeY = nextY;
  }
  return Math.log(Math.max(1e-9, (squared * (duration / STEP) ** 3) / highest ** 2));
}
