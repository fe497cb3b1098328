import type { Affine } from './affine.ts';
import type { Box } from './face.ts';
import type { ModelEntry } from './manifest.ts';
import type { OnnxModel } from './onnx-model.ts';
import type { Pyramid } from './picture.ts';
import { createWarp } from './warp.ts';

/** Probability that the face is live, 0..1, as one model sees it. */
export type PresentationScore = (pyramid: Pyramid, box: Box) => Promise<number>;

export function createPresentationScore(model: OnnxModel): PresentationScore {
  const { input: spec, crop } = model.entry;
  if (!crop) throw new Error(`The PAD model ${model.entry.id} has no crop in the manifest.`);
  const warp = createWarp(spec);
  const input = new Float32Array(spec.size[0] * spec.size[1] * 3);
  return async (pyramid, box) => {
    const { width, height } = pyramid.level(0);
    warp(pyramid, boxToPicture(padCrop(box, crop, width, height), spec.size), input, 0);
    const { live } = await model.run(input, 1);
    return live![0]!;
  };
}

/**
 * The part of a picture that a PAD model sees: the box reshaped and enlarged as the manifest says, shifted (not cut) to stay
 * inside the picture, and reduced only where it would be larger than the picture.
 */
export function padCrop(box: Box, crop: NonNullable<ModelEntry['crop']>, width: number, height: number): Box {
  const boxWidth = box.width * crop.boxWidth;
  const boxHeight = box.height * crop.boxHeight;
  const scale = Math.min(crop.scale, width / boxWidth, height / boxHeight);
  const cropWidth = boxWidth * scale;
  const cropHeight = boxHeight * scale;
  const x = box.x + box.width / 2 - cropWidth / 2;
  const y = box.y + box.height * (0.5 - crop.centreUp) - cropHeight / 2;
  return {
    x: Math.min(Math.max(0, x), width - cropWidth),
    y: Math.min(Math.max(0, y), height - cropHeight),
    width: cropWidth,
    height: cropHeight,
  };
}

const boxToPicture = (box: Box, [width, height]: readonly [number, number]): Affine => [
  box.width / width,
  0,
  box.x,
  0,
  box.height / height,
  box.y,
];
