import { fitRigid, type RigidFit } from '../../lib/geometry/fit-rigid.ts';
import type { Pose } from '../face.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, cropToPicture, type Point, type SquareCrop } from './affine.ts';
import type { Detection } from './detection.ts';
import { createWarp } from './warp.ts';

/** 468 points and what was read from them. */
export interface Landmarks {
  /** x, y, z in pixels of the picture; z grows away from the camera. */
  mesh: Float32Array;
  /** How sure the model is that the crop holds a face, 0..1. */
  presence: number;
  /** `presence` is above the manifest's threshold. */
  present: boolean;
  pose: Pose;
  /** How the crop was turned, radians clockwise. */
  turn: number;
}

export type LandmarkReader = ReturnType<typeof createLandmarkReader>;

/** Outer and inner corners of the eye in the left half of an upright picture (the person's right), then of the other. */
export const EYE_CORNERS = { left: [33, 133], right: [263, 362] } as const;

export function createLandmarkReader(model: OnnxModel) {
  const [size] = model.entry.input.size;
  const margin = model.entry.crop?.scale ?? 1.5;
  const least = model.entry.threshold ?? 0.5;
  const warp = createWarp(model.entry.input);
  const input = new Float32Array(size * size * 3);

  async function read(pyramid: Pyramid, crop: SquareCrop): Promise<Landmarks> {
    const toPicture = cropToPicture(crop, size);
    warp(pyramid, toPicture, input, 0);
    const { mesh, flag } = await model.run(input, 1);
    return {
      mesh: meshInPicture(mesh!, toPicture, crop.side / size),
      presence: flag![0]!,
      present: flag![0]! > least,
      pose: headPose(mesh!, crop.angle),
      turn: crop.angle,
    };
  }

  return {
    /** First pass, on the detector's box. */
    fromDetection: (pyramid: Pyramid, { box, eyes }: Detection): Promise<Landmarks> =>
      read(pyramid, {
        centre: { x: box.x + box.width / 2, y: box.y + box.height / 2 },
        side: Math.max(box.width, box.height) * margin,
        angle: Math.atan2(eyes[1].y - eyes[0].y, eyes[1].x - eyes[0].x),
      }),
    /** Second pass, on a crop from the first mesh: steadier by 2.3° of yaw (LIVENESS.md §1). */
    refine: (pyramid: Pyramid, { mesh }: Pick<Landmarks, 'mesh'>): Promise<Landmarks> =>
      read(pyramid, cropAround(mesh, margin)),
  };
}

function meshInPicture(mesh: Float32Array, toPicture: Affine, scale: number): Float32Array {
  const out = new Float32Array(mesh.length);
  for (let i = 0; i < mesh.length; i += 3) {
    const x = mesh[i]!;
    const y = mesh[i + 1]!;
    out[i] = toPicture[0] * x + toPicture[1] * y + toPicture[2];
    out[i + 1] = toPicture[3] * x + toPicture[4] * y + toPicture[5];
    out[i + 2] = mesh[i + 2]! * scale;
  }
  return out;
}

/** The square around all points, turned so that the outer eye corners are level. */
function cropAround(mesh: Float32Array, margin: number): SquareCrop {
  const from = meshPoint(mesh, EYE_CORNERS.left[0]);
  const to = meshPoint(mesh, EYE_CORNERS.right[0]);
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < mesh.length; i += 3) {
    const along = mesh[i]! * cos + mesh[i + 1]! * sin;
    const down = mesh[i + 1]! * cos - mesh[i]! * sin;
    left = Math.min(left, along);
    right = Math.max(right, along);
    top = Math.min(top, down);
    bottom = Math.max(bottom, down);
  }
  const along = (left + right) / 2;
  const down = (top + bottom) / 2;
  return {
    centre: { x: along * cos - down * sin, y: along * sin + down * cos },
    side: Math.max(right - left, bottom - top) * margin,
    angle,
  };
}

export const meshPoint = (mesh: Float32Array, index: number): Point => ({
  x: mesh[3 * index]!,
  y: mesh[3 * index + 1]!,
});

/** Pixels between the eyes' centres, in three dimensions, so that a turned head reads the same. */
export function interEyeDistance(mesh: Float32Array): number {
  const between = (axis: number) =>
    (mesh[3 * EYE_CORNERS.right[0] + axis]! +
      mesh[3 * EYE_CORNERS.right[1] + axis]! -
      mesh[3 * EYE_CORNERS.left[0] + axis]! -
      mesh[3 * EYE_CORNERS.left[1] + axis]!) /
    2;
  return Math.hypot(between(0), between(1), between(2));
}

/**
 * A mean head: face-mesh point, then x, y (down), z (away from the camera), with the outer eye corners 1 apart. The points
 * keep still when a person speaks or blinks. Source: LIVENESS.md, Template.
 */
// biome-ignore format: one point a row
export const meanHead: readonly (readonly [number, number, number, number])[] = [
  [33, -0.5, -0.004, 0.036],
  [133, -0.194, 0.016, -0.022],
  [263, 0.492, -0.009, 0.021],
  [362, 0.194, 0.016, -0.022],
  [6, 0, 0.044, -0.248],
  [168, 0, -0.049, -0.205],
  [197, 0, 0.127, -0.3],
  [195, 0, 0.203, -0.356],
  [5, 0, 0.286, -0.415],
  [4, 0, 0.385, -0.437],
  [1, 0, 0.459, -0.411],
  [2, 0, 0.524, -0.236],
  [10, 0, -0.589, -0.183],
  [151, 0, -0.413, -0.214],
  [9, 0, -0.236, -0.233],
  [8, 0, -0.138, -0.213],
  [234, -0.739, 0.182, 0.637],
  [454, 0.74, 0.182, 0.637],
  [127, -0.752, 0.026, 0.579],
  [356, 0.752, 0.026, 0.579],
  [93, -0.726, 0.341, 0.652],
  [323, 0.726, 0.341, 0.652],
  [162, -0.744, -0.138, 0.459],
  [389, 0.745, -0.138, 0.459],
  [21, -0.713, -0.269, 0.311],
  [251, 0.714, -0.269, 0.311],
  [54, -0.653, -0.393, 0.172],
  [284, 0.654, -0.393, 0.172],
  [103, -0.551, -0.491, 0.028],
  [332, 0.551, -0.491, 0.028],
  [67, -0.389, -0.555, -0.095],
  [297, 0.389, -0.555, -0.095],
  [109, -0.211, -0.583, -0.166],
  [338, 0.211, -0.583, -0.166],
  [98, -0.186, 0.497, -0.15],
  [327, 0.186, 0.497, -0.15],
  [129, -0.228, 0.418, -0.114],
  [358, 0.228, 0.418, -0.114],
  [50, -0.528, 0.364, -0.012],
  [280, 0.528, 0.364, -0.012],
  [101, -0.376, 0.285, -0.069],
  [330, 0.376, 0.285, -0.069],
  [108, -0.186, -0.418, -0.2],
  [337, 0.187, -0.418, -0.2],
  [69, -0.35, -0.416, -0.15],
  [299, 0.35, -0.416, -0.15],
  [36, -0.331, 0.378, -0.097],
  [266, 0.332, 0.378, -0.097],
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: a coordinate
  [205, -0.434, 0.461, -0.064],
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: a coordinate
  [425, 0.434, 0.461, -0.064],
];

const headPoints = Int32Array.from(meanHead, ([point]) => point);
const headShape = Float64Array.from(meanHead.flatMap(([, x, y, z]) => [x, y, z]));
const degrees = (radians: number): number => (radians * 180) / Math.PI;

/**
 * The head's pose from a face mesh (468 points x, y, z in one unit), by a rigid fit to a mean head. `turn` is the angle of
 * the crop the mesh was read in, radians, clockwise; it is added to the roll. Readings are about 0.78 of the true yaw.
 */
export function headPose(mesh: ArrayLike<number>, turn: number): Pose {
  const { rotation } = fitHead(mesh);
  const nose = { x: -rotation[2]!, y: -rotation[5]!, z: -rotation[8]! };
  const roll = degrees(Math.atan2(rotation[3]!, rotation[0]!) + turn);
  return {
    yaw: degrees(Math.atan2(nose.x, -nose.z)),
    pitch: degrees(Math.atan2(nose.y, Math.hypot(nose.x, nose.z))),
    roll: roll - 360 * Math.round(roll / 360),
  };
}

/** What the rigid fit of the mean head leaves, in outer-eye distances: more on a bent sheet than on a head (LIVENESS.md §2). */
export function rigidResidual(mesh: ArrayLike<number>): number {
  const { residual, scale } = fitHead(mesh);
  return residual / scale;
}

function fitHead(mesh: ArrayLike<number>): RigidFit {
  const seen = new Float64Array(headShape.length);
  for (let i = 0; i < headPoints.length; i++) {
    for (let axis = 0; axis < 3; axis++) seen[3 * i + axis] = mesh[3 * headPoints[i]! + axis]!;
  }
  return fitRigid(headShape, seen);
}
