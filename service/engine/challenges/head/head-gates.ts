import { correlation } from '../../../lib/correlation.ts';
import { leastSquares } from '../../../lib/geometry/least-squares.ts';
import { median } from '../../../lib/median.ts';
import type { Baseline } from '../baseline.ts';
import type { SeenFrame } from '../seen-frame.ts';
import { flattening } from './flattening.ts';

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
  rigidResidual?: number;
  /** Correlation of the skin's texture with that of the neutral frames, and the limit at this yaw. */
  constancy?: { value: number; limit: number };
}

export function measureTurn(frame: SeenFrame, baseline: Baseline): TurnMeasures {
  const yaw = frame.pose.yaw - baseline.yaw;
  const parallaxes = baseline.frames.map((neutral) => noseParallax(neutral.mesh, frame.mesh));
  const textures = baseline.frames.flatMap(({ texture }) => texture ?? []);
  const { texture, rigidResidual } = frame;
  return {
    yaw,
    parallax: median(parallaxes),
    flattening: median(baseline.frames.map((neutral) => flattening(neutral.mesh, frame.mesh, yaw))),
    ...(rigidResidual !== undefined && { rigidResidual }),
    ...(texture &&
      textures.length > 0 && {
        constancy: {
          value: median(textures.map((one) => correlation(one, texture))),
          limit: constancyLimit(Math.abs(yaw)),
        },
      }),
  };
}

/** On a real head the light moves over the skin; a picture that is warped keeps it. */
const constancyLimit = (yaw: number): number => (yaw < 15 ? 0.98 : yaw < 20 ? 0.965 : 0.93);

const LEAST_PARALLAX = 0.045;
const MOST_RESIDUAL = 0.055;
/**
 * A sheet bent little is nearly as constant as the limit, `constancy` below it at most, and one of the two: nearly as deformed as the limit,
 * or its nose leaves its place less for each degree of yaw than that of a head, in thousandths of the face's height (docs/LIVENESS.md).
 */
const SUSPECT = { constancy: -0.03, rigidResidual: 0.045, depth: 4.3 };
/** A sheet becomes flatter as it turns, a head does not; `suspect` is enough on skin that is nearly as constant as the limit. */
const FLATTENED = { most: 3.5, suspect: 2, constancy: -0.06 };

export type HeadFault = 'FLAT' | 'BENT' | 'ANIMATED';

export interface HeadFinding {
  frames: number;
  parallax: number;
  /** Parallax for each degree of yaw, in thousandths of the face's height. */
  depth: number;
  flattening: number;
  rigidResidual: number;
  /** Above 0: more constant than the limit at its yaw. */
  constancy: number;
  faults: HeadFault[];
}

/** Whether the turned frames of one step show a head: medians, because an attacker offers many frames. */
export function judgeHead(measures: readonly TurnMeasures[]): HeadFinding {
  const parallax = median(measures.map((one) => one.parallax));
  const depth = median(measures.map((one) => (1000 * one.parallax) / Math.abs(one.yaw)));
  const flattening = median(measures.map((one) => one.flattening));
  const rigidResidual = median(measures.flatMap((one) => one.rigidResidual ?? []));
  const constancy = median(
    measures.flatMap(({ constancy }) => (constancy ? constancy.value - constancy.limit : [])),
  );
  const faults: HeadFault[] = [];
  // Written so that a measure that is missing is a fault.
  if (!(parallax >= LEAST_PARALLAX)) faults.push('FLAT');
  const suspect =
    constancy > SUSPECT.constancy && (rigidResidual > SUSPECT.rigidResidual || depth < SUSPECT.depth);
  const flatter = constancy > FLATTENED.constancy ? FLATTENED.suspect : FLATTENED.most;
  if (suspect || !(flattening <= flatter) || !(rigidResidual <= MOST_RESIDUAL)) faults.push('BENT');
  if (!(constancy <= 0)) faults.push('ANIMATED');
  return { frames: measures.length, parallax, depth, flattening, rigidResidual, constancy, faults };
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
