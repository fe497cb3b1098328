import { fitRigid } from '../../../lib/geometry/fit-rigid.ts';
import { leastSquares } from '../../../lib/geometry/least-squares.ts';
import { median } from '../../../lib/median.ts';
import { correlation } from '../../../lib/vectors.ts';
import { mobilePoints } from '../checks/motion-index.ts';
import type { Baseline, SeenFrame } from './seen-frame.ts';

/** Degrees of yaw for one outer-eye distance by which the nose leaves the middle of the eyes (LIVENESS.md §1). */
const DEGREES = 91;
/** Degrees by which that may differ from the pose of the rigid fit. */
const DISPUTED = 8;

/** Degrees of yaw by the nose and the outer eye corners alone: a second reading that a distorted mesh does not satisfy too. */
function plainYaw(mesh: Float32Array): number {
  const [x, y] = [mesh[3 * 263]! - mesh[3 * 33]!, mesh[3 * 263 + 1]! - mesh[3 * 33 + 1]!];
  const eyes = Math.hypot(x, y);
  const noseX = mesh[3 * 4]! - (mesh[3 * 263]! + mesh[3 * 33]!) / 2;
  const noseY = mesh[3 * 4 + 1]! - (mesh[3 * 263 + 1]! + mesh[3 * 33 + 1]!) / 2;
  return (DEGREES * (noseX * x + noseY * y)) / (eyes * eyes);
}

/** Both readings against the person's own neutral ones. */
export function yawDisputed(frame: SeenFrame, { frames: [neutral], yaw }: Baseline): boolean {
  const plain = plainYaw(frame.mesh) - (neutral ? plainYaw(neutral.mesh) - (neutral.pose.yaw - yaw) : 0);
  return Math.abs(plain - (frame.pose.yaw - yaw)) > DISPUTED;
}

/** What one frame of a turned head says of its shape. */
export interface TurnMeasures {
  /** Degrees from the neutral pose. */
  yaw: number;
  /** Nose against an affine map of eyes and mouth, in face heights. */
  parallax: number;
  /** Change of the face's shape, for each degree of yaw. */
  flattening: number;
  /** How much mouth, lids and brows moved. */
  mobility: number;
  rigidResidual?: number;
  /** How much the skin stays as it was. */
  constancy?: number;
}

export function measureTurn(frame: SeenFrame, baseline: Baseline): TurnMeasures {
  const yaw = frame.pose.yaw - baseline.yaw;
  const parallaxes = baseline.frames.map((neutral) => noseParallax(neutral.mesh, frame.mesh));
  const left = baseline.frames.map((neutral) => leftover(neutral.mesh, frame.mesh));
  const textures = baseline.frames.flatMap(({ texture }) => texture ?? []);
  const { texture, rigidResidual } = frame;
  return {
    yaw,
    parallax: median(parallaxes),
    flattening: median(left.map((one) => flattening(one, yaw))),
    mobility: median(left.map(mobility)),
    ...(rigidResidual !== undefined && { rigidResidual }),
    ...(texture &&
      textures.length > 0 && { constancy: median(textures.map((one) => skinConstancy(one, texture))) }),
  };
}

/** What the turned frames of one step say together: medians, because an attacker offers many frames. NaN: nothing was measured. */
export interface TurnFinding {
  frames: number;
  parallax: number;
  /** Parallax for each degree of yaw, in thousandths of the face's height. */
  depth: number;
  flattening: number;
  mobility: number;
  rigidResidual: number;
  constancy: number;
}

export function turnFinding(measures: readonly TurnMeasures[]): TurnFinding {
  return {
    frames: measures.length,
    parallax: median(measures.map((one) => one.parallax)),
    depth: median(measures.map((one) => (1000 * one.parallax) / Math.abs(one.yaw))),
    flattening: median(measures.map((one) => one.flattening)),
    mobility: median(measures.map((one) => one.mobility)),
    rigidResidual: median(measures.flatMap((one) => one.rigidResidual ?? [])),
    constancy: median(measures.flatMap((one) => one.constancy ?? [])),
  };
}

const CORNERS = [33, 263, 61, 291] as const;
const NOSE = [1, 4] as const;

/** How far the nose misses the place where an affine map of eye and mouth corners puts it, in face heights. */
function noseParallax(neutral: Float32Array, turned: Float32Array): number {
  const row = (point: number) => [neutral[3 * point]!, neutral[3 * point + 1]!, 1];
  const along = leastSquares(
    3,
    CORNERS.map((point) => [row(point), turned[3 * point]!] as const),
  );
  if (!along) return 0;
  const height = Math.hypot(turned[3 * 10]! - turned[3 * 152]!, turned[3 * 10 + 1]! - turned[3 * 152 + 1]!);
  const misses = NOSE.map((point) =>
    Math.abs(row(point).reduce((sum, value, i) => sum + value * along[i]!, 0) - turned[3 * point]!),
  );
  return height > 0 ? (misses[0]! + misses[1]!) / 2 / height : 0;
}

/** Mesh points that keep still when a person speaks or blinks: those of the mean head (inference/face/face-landmarks.ts). */
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

/** Side of a texture in pixels (inference/face/challenge-measures.ts), and how many blocks it is divided into along it. */
const SIDE = 80;
const BLOCKS = 5;
const BLOCK = SIDE / BLOCKS;
/** Share of a block that has to be skin. */
const SKIN = 0.6;
/** Correlations above are as good as this one: noise decides among them. */
const MOST = 0.9995;

/**
 * How much the skin of a face stays the same as it turns: mean over 25 blocks of the correlation of two textures, as Fisher's z (-3.8 to 3.8).
 * On a head light moves over the skin, and what is not flat hides parts of itself, here more than there; a picture that is warped keeps all of
 * it. NaN where no block is skin.
 */
export function skinConstancy(neutral: Float32Array, turned: Float32Array): number {
  let [sum, blocks] = [0, 0];
  for (let row = 0; row < BLOCKS; row++)
    for (let column = 0; column < BLOCKS; column++) {
      const [a, b] = [blockOf(neutral, row, column), blockOf(turned, row, column)];
      const skin = a.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
      if (skin <= SKIN * a.length) continue;
      sum += Math.atanh(Math.min(MOST, Math.max(-MOST, correlation(a, b))));
      blocks += 1;
    }
  return sum / blocks;
}

function blockOf(texture: Float32Array, row: number, column: number): Float32Array {
  const block = new Float32Array(BLOCK * BLOCK);
  for (let y = 0; y < BLOCK; y++) {
    const from = (row * BLOCK + y) * SIDE + column * BLOCK;
    block.set(texture.subarray(from, from + BLOCK), y * BLOCK);
  }
  return block;
}
