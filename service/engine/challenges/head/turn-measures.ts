import { leastSquares } from '../../../lib/geometry/least-squares.ts';
import { median } from '../../../lib/median.ts';
import type { Baseline } from '../baseline.ts';
import type { SeenFrame } from '../seen-frame.ts';
import { flattening, leftover, mobility } from './flattening.ts';
import { skinConstancy } from './skin-constancy.ts';

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
  /** Change of the face's shape, for each degree of yaw: flattening.ts. */
  flattening: number;
  /** How much mouth, lids and brows moved: flattening.ts. */
  mobility: number;
  rigidResidual?: number;
  /** How much the skin stays as it was: skin-constancy.ts. */
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
