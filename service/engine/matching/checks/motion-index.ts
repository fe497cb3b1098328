import type { MotionSample } from '../../../inference/face.ts';
import { leastSquares } from '../../../lib/geometry/least-squares.ts';
import { median } from '../../../lib/median.ts';

/** What a still but living face shows of each feature (LIVENESS.md §5, “Without fitted numbers”). */
const USUAL = { yaw: 0.4, pitch: 0.5, roll: 0.25, nonRigid: 0.0022, homography: 0.0025, eyes: 0.008 };
/** No single feature counts more than this, so that a repeated frame gives a number and not minus infinity. */
const MOST = 3;
/** Degrees: frames turned farther from the median are an answer to something, not stillness. */
const NEUTRAL = 10;

/** Below: motionless like a photograph. Live p5 -0.12, median 0.31; photographs p95 -0.08, median -0.65. */
export const MOTIONLESS = -0.4;

export interface Motion {
  /** Mean log ratio of the features to what is usual for a living face, about -3..3. */
  index: number;
  /** Neutral frames it rests on. */
  frames: number;
  features: Record<keyof typeof USUAL, number>;
}

/** How much a face moves as living faces do, over frames that span some seconds; needs five neutral frames. */
export function motionIndex(samples: readonly MotionSample[]): Motion | undefined {
  const middle = median(samples.map((sample) => sample.pose.yaw));
  const neutral = samples.filter((sample) => Math.abs(sample.pose.yaw - middle) < NEUTRAL);
  const first = neutral[0];
  if (first === undefined || neutral.length < 5) return undefined;
  const homography = neutral.slice(1).map((sample) => homographyResidual(first.mesh, sample.mesh));
  const features = {
    yaw: deviation(neutral.map((sample) => sample.pose.yaw)),
    pitch: deviation(neutral.map((sample) => sample.pose.pitch)),
    roll: deviation(neutral.map((sample) => sample.pose.roll)),
    nonRigid: nonRigidSpread(neutral.map((sample) => sample.mesh)),
    homography: median(homography),
    eyes: deviation(neutral.map((sample) => sample.eyesOpen)),
  };
  const logs = Object.entries(USUAL).map(([name, usual]) => {
    const ratio = Math.log(features[name as keyof typeof USUAL] / usual);
    return Math.min(MOST, Math.max(-MOST, Number.isNaN(ratio) ? -MOST : ratio));
  });
  return { index: logs.reduce((sum, log) => sum + log, 0) / logs.length, frames: neutral.length, features };
}

/**
 * Root mean square over mouth, lid and brow points of their deviation from their mean place, in outer-eye distances,
 * after the head's movement is taken out (rigid fit of the stable points to the first frame).
 */
export function nonRigidSpread(meshes: readonly Float32Array[]): number {
  const first = meshes[0]!;
  const aligned = meshes.map((mesh) => alignedMobilePoints(mesh, first));
  const unit = distance3(first, outerEyeCorners);
  let sum = 0;
  for (let i = 0; i < 3 * mobilePoints.length; i++)
    sum += deviation(aligned.map((points) => points[i]!)) ** 2;
  return Math.sqrt(sum / mobilePoints.length) / unit;
}

/** What is left of the stable points after the best homography from one picture to the other, over the face's height. */
export function homographyResidual(from: Float32Array, to: Float32Array): number {
  const unit = distance3(from, foreheadAndChin);
  const centre = meanOf(from, stablePoints);
  const there = meanOf(to, stablePoints);
  const at = (mesh: Float32Array, origin: readonly number[], point: number, axis: number) =>
    (mesh[3 * point + axis]! - origin[axis]!) / unit;
  const pairs = stablePoints.map((point) => ({
    x: at(from, centre, point, 0),
    y: at(from, centre, point, 1),
    u: at(to, there, point, 0),
    v: at(to, there, point, 1),
  }));
  const h = leastSquares(
    8,
    pairs.flatMap(({ x, y, u, v }) => [
      [[x, y, 1, 0, 0, 0, -u * x, -u * y], u] as const,
      [[0, 0, 0, x, y, 1, -v * x, -v * y], v] as const,
    ]),
  );
  if (h === undefined) return 0;
  let sum = 0;
  for (const { x, y, u, v } of pairs) {
    const w = h[6]! * x + h[7]! * y + 1;
    sum += ((h[0]! * x + h[1]! * y + h[2]!) / w - u) ** 2 + ((h[3]! * x + h[4]! * y + h[5]!) / w - v) ** 2;
  }
  return Math.sqrt(sum / pairs.length);
}

/** The mobile points of `mesh`, moved rigidly and scaled so that its stable points meet those of `onto`. */
function alignedMobilePoints(mesh: Float32Array, onto: Float32Array): Float64Array {
  const origin = meanOf(mesh, stablePoints);
  const target = meanOf(onto, stablePoints);
  const take = (points: readonly number[]) =>
    points.map(
      (p) =>
        [mesh[3 * p]! - origin[0]!, mesh[3 * p + 1]! - origin[1]!, mesh[3 * p + 2]! - origin[2]!] as Point,
    );
  const stable = take(stablePoints);
  const mobile = take(mobilePoints);
  // Gauss-Newton on a small rotation and scale: heads in neutral frames differ by some degrees, so four rounds settle it.
  for (let round = 0; round < 4; round++) {
    const fit = leastSquares(4, rotationRows(stable, onto, target));
    if (fit === undefined || !(fit[0]! > 0)) break;
    const turn: Point = [fit[1]! / fit[0]!, fit[2]! / fit[0]!, fit[3]! / fit[0]!];
    for (const point of [...stable, ...mobile]) rotateAndScale(point, turn, fit[0]!);
  }
  return Float64Array.from(mobile.flat());
}

type Point = [number, number, number];

/** onto - target ≈ scale · p + turn × p, three rows a point. */
function* rotationRows(points: readonly Point[], onto: Float32Array, target: readonly number[]) {
  for (const [i, [x, y, z]] of points.entries()) {
    const p = 3 * stablePoints[i]!;
    yield [[x, 0, z, -y], onto[p]! - target[0]!] as const;
    yield [[y, -z, 0, x], onto[p + 1]! - target[1]!] as const;
    yield [[z, y, -x, 0], onto[p + 2]! - target[2]!] as const;
  }
}

/** Rodrigues: turned about the axis `turn` by its length in radians, then scaled. */
function rotateAndScale(p: Point, turn: Point, scale: number): void {
  const angle = Math.hypot(...turn);
  const [x, y, z] = p;
  const [a, b, c] = angle > 0 ? turn.map((t) => t / angle) : [1, 0, 0];
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const along = (a! * x + b! * y + c! * z) * (1 - cos);
  p[0] = scale * (x * cos + (b! * z - c! * y) * sin + a! * along);
  p[1] = scale * (y * cos + (c! * x - a! * z) * sin + b! * along);
  p[2] = scale * (z * cos + (a! * y - b! * x) * sin + c! * along);
}

function meanOf(mesh: Float32Array, points: readonly number[]): Point {
  const sum: Point = [0, 0, 0];
  for (const p of points)
    for (let axis = 0; axis < 3; axis++) sum[axis]! += mesh[3 * p + axis]! / points.length;
  return sum;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Face-mesh points (468 of them; LIVENESS.md §1, §5). */

/** Points that stay still when a person speaks, frowns or blinks: used for the template. */
// biome-ignore format: a list of numbers
export const stablePoints: readonly number[] = [
  33, 133, 263, 362, 6, 168, 197, 195, 5, 4, 1, 2, 10, 151, 9, 8, 234, 454, 127, 356, 93, 323, 162, 389, 21, 251, 54, 284,
  103, 332, 67, 297, 109, 338, 98, 327, 129, 358, 50, 280, 101, 330, 108, 337, 69, 299, 36, 266, 205, 425,
];

/** Mouth, lids and brows: what moves on a living face. */
// biome-ignore format: a list of numbers
export const mobilePoints: readonly number[] = [
  61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
  78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
  246, 161, 160, 159, 158, 157, 173, 7, 163, 144, 145, 153, 154, 155,
  466, 388, 387, 386, 385, 384, 398, 249, 390, 373, 374, 380, 381, 382,
  70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285,
];

const outerEyeCorners = [33, 263] as const;
const foreheadAndChin = [10, 152] as const;

function distance3(mesh: Float32Array, [a, b]: readonly [number, number]): number {
  return Math.hypot(
    mesh[3 * a]! - mesh[3 * b]!,
    mesh[3 * a + 1]! - mesh[3 * b + 1]!,
    mesh[3 * a + 2]! - mesh[3 * b + 2]!,
  );
}
