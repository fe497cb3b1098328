import type { Pose } from '../face.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, cropToPicture, type Point, type SquareCrop } from './affine.ts';
import type { Detection } from './detection.ts';
import { headPose } from './head-pose.ts';
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

export interface LandmarkReader {
  /** First pass, on the detector's box. */
  fromDetection(pyramid: Pyramid, detection: Detection): Promise<Landmarks>;
  /** Second pass, on a crop from the first mesh: steadier by 2.3° of yaw (LIVENESS.md §1). */
  refine(pyramid: Pyramid, first: Pick<Landmarks, 'mesh'>): Promise<Landmarks>;
}

/** Outer and inner corners of the eye in the left half of an upright picture (the person's right), then of the other. */
export const EYE_CORNERS = { left: [33, 133], right: [263, 362] } as const;

export function createLandmarkReader(model: OnnxModel): LandmarkReader {
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
    fromDetection: (pyramid, { box, eyes }) =>
      read(pyramid, {
        centre: { x: box.x + box.width / 2, y: box.y + box.height / 2 },
        side: Math.max(box.width, box.height) * margin,
        angle: Math.atan2(eyes[1].y - eyes[0].y, eyes[1].x - eyes[0].x),
      }),
    refine: (pyramid, { mesh }) => read(pyramid, cropAround(mesh, margin)),
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
