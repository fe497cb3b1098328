import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { cropToPicture, mirrored } from './affine.ts';
import { EYE_CORNERS, type Landmarks, meshPoint } from './face-landmarks.ts';
import { createWarp } from './warp.ts';

/** Mean eye aspect ratio of both eyes: lid opening over eye width. */
export type EyeOpenness = (pyramid: Pyramid, landmarks: Landmarks) => Promise<number>;

/** Crop side over the distance of the eye's corners. */
const MARGIN = 2.3;

export function createEyeOpenness(model: OnnxModel): EyeOpenness {
  const [size] = model.entry.input.size;
  const length = size * size * 3;
  const warp = createWarp(model.entry.input);
  const input = new Float32Array(2 * length);
  const eyes = [EYE_CORNERS.left, EYE_CORNERS.right];

  return async (pyramid, { mesh, turn }) => {
    eyes.forEach(([outer, inner], i) => {
      const a = meshPoint(mesh, outer);
      const b = meshPoint(mesh, inner);
      const toPicture = cropToPicture(
        {
          centre: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
          side: MARGIN * Math.hypot(a.x - b.x, a.y - b.y),
          angle: turn,
        },
        size,
      );
      // the model knows one eye; the other is shown to it as a mirror image
      warp(pyramid, i === 0 ? toPicture : mirrored(toPicture, size), input, i * length);
    });
    if (model.entry.input.batch) {
      const { contour } = await model.run(input, 2);
      const half = contour!.length / 2;
      return (eyeAspectRatio(contour!.subarray(0, half)) + eyeAspectRatio(contour!.subarray(half))) / 2;
    }
    const one = await model.run(input.subarray(0, length), 1);
    const first = eyeAspectRatio(one.contour!);
    const other = await model.run(input.subarray(length), 1);
    return (first + eyeAspectRatio(other.contour!)) / 2;
  };
}

/**
 * From the iris model's contour (x, y, z triples): points 0..8 run along the lower lid from corner to corner, 9..15 along
 * the upper one between them. Mean lid distance at five places over the corners' distance (LIVENESS.md §1).
 */
export function eyeAspectRatio(contour: Float32Array): number {
  const distance = (i: number, j: number) =>
    Math.hypot(contour[3 * i]! - contour[3 * j]!, contour[3 * i + 1]! - contour[3 * j + 1]!);
  let sum = 0;
  for (let k = 1; k <= 5; k++) sum += distance(9 + k, 1 + k);
  return sum / 5 / distance(0, 8);
}
