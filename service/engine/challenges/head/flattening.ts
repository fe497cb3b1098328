import { fitRigid } from '../../../lib/geometry/fit-rigid.ts';
import { mobilePoints } from '../../checks/index.ts';

/** Mesh points that keep still when a person speaks or blinks: those of the mean head (inference/face/head-pose.ts). */
// biome-ignore format: many a row
const STABLE = [
  33, 133, 263, 362, 6, 168, 197, 195, 5, 4, 1, 2, 10, 151, 9, 8, 234, 454, 127, 356, 93, 323, 162, 389, 21, 251, 54, 284, 103, 332,
  67, 297, 109, 338, 98, 327, 129, 358, 50, 280, 101, 330, 108, 337, 69, 299, 36, 266, 205, 425,
] as const;
/** Where the face's sides end, before the ears. */
const SIDES = [93, 234, 127, 162, 356, 454, 323, 389] as const;
/** Forehead and bridge of the nose. */
const MIDDLE = [8, 9, 151, 108, 337, 168] as const;
/** Outer corners of the eyes, by where they are in the picture. */
const EYES = { left: 33, right: 263 } as const;

/** What a rigid head leaves of a turned face, in the neutral face's frame. */
export interface Leftover {
  /** Of one axis of a mesh point, in pixels. */
  of(point: number, axis: 0 | 1 | 2): number;
  /** Distance of the outer eye corners, pixels. */
  width: number;
}

/** Lays the neutral mesh on the turned one; 468 points x, y, z. Undefined where these are no face. */
export function leftover(neutral: Float32Array, turned: Float32Array): Leftover | undefined {
  const from = STABLE.flatMap((point) => at(neutral, point));
  const to = STABLE.flatMap((point) => at(turned, point));
  const width = eyeWidth(neutral);
  if (!(width > 0) || ![...from, ...to].every(Number.isFinite)) return undefined;
  const { rotation, scale } = fitRigid(from, to);
  const [fromMean, toMean] = [meanOf(neutral, STABLE), meanOf(turned, STABLE)];
  return {
    width,
    of(point, axis) {
      const [a, b] = [at(neutral, point), at(turned, point)];
      const back = [0, 1, 2].reduce((sum, i) => sum + rotation[3 * i + axis]! * (b[i]! - toMean[i]!), 0);
      return back / scale - (a[axis]! - fromMean[axis]!);
    },
  };
}

/**
 * By how much a face becomes flatter as it turns, in thousandths of the distance of its outer eye corners for each degree of yaw. A head is
 * rigid: about 0. Of a bent sheet, which has no nose, temples and cheeks of its own, the net reads less relief the farther it is turned: its
 * sides come forward towards the forehead, and the eye that turns away moves to the middle (docs/LIVENESS.md). Infinite where these are no face.
 */
export function flattening(left: Leftover | undefined, yaw: number): number {
  if (!left) return Number.POSITIVE_INFINITY;
  const forwards = (points: readonly number[]) =>
    points.reduce((sum, point) => sum + left.of(point, 2), 0) / points.length;
  const [far, near] = yaw > 0 ? [EYES.right, EYES.left] : [EYES.left, EYES.right];
  const depth = forwards(SIDES) - forwards(MIDDLE);
  const eyes = Math.sign(yaw) * (2 * left.of(far, 0) + left.of(near, 0));
  return (-1000 * (depth + eyes)) / (left.width * Math.abs(yaw));
}

/**
 * How much mouth, lids and brows moved beside the rigid head, in distances of the outer eye corners: root of the mean square. A person's face is
 * never quite as it was; a warped picture's is. NaN where these are no face.
 */
export function mobility(left: Leftover | undefined): number {
  if (!left) return Number.NaN;
  const squares = mobilePoints.map(
    (point) => Math.hypot(left.of(point, 0), left.of(point, 1), left.of(point, 2)) ** 2,
  );
  return Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length) / left.width;
}

function eyeWidth(mesh: Float32Array): number {
  const [a, b] = [at(mesh, EYES.left), at(mesh, EYES.right)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

type Point = [number, number, number];
const at = (mesh: Float32Array, point: number): Point => [
  mesh[3 * point]!,
  mesh[3 * point + 1]!,
  mesh[3 * point + 2]!,
];

function meanOf(mesh: Float32Array, points: readonly number[]): Point {
  const sum: Point = [0, 0, 0];
  for (const point of points) for (const [i, value] of at(mesh, point).entries()) sum[i]! += value;
  return sum.map((value) => value / points.length) as Point;
}
