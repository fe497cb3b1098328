import type { Box } from '../face.ts';
import type { ModelEntry } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { createMeanChip } from './mean-chip.ts';

/** Probabilities that the face is live, 0..1, as one model sees it: one for each share of the full crop, in their order. */
export type PresentationScore = (
  pyramid: Pyramid,
  box: Box,
  shares: readonly number[],
) => Promise<Float32Array>;

export function createPresentationScore(model: OnnxModel): PresentationScore {
  const { input: spec, crop } = model.entry;
  if (!crop) throw new Error(`The PAD model ${model.entry.id} has no crop in the manifest.`);
  const chip = createMeanChip(spec);
  const length = spec.size[0] * spec.size[1] * 3;
  let input = new Float32Array(length);
  return async (pyramid, box, shares) => {
    const { width, height } = pyramid.level(0);
    if (input.length < shares.length * length) input = new Float32Array(shares.length * length);
    for (const [i, share] of shares.entries())
      chip(pyramid, padCrop(box, crop, width, height, share), input, i * length);
    if (!spec.batch) return oneByOne(model, input, shares.length, length);
    const { live } = await model.run(input, shares.length);
    return live!;
  };
}

/** For models of other makers whose graph takes one picture. */
async function oneByOne(model: OnnxModel, input: Float32Array, count: number, length: number) {
  const live = new Float32Array(count);
  for (let i = 0; i < count; i++)
    live[i] = (await model.run(input.subarray(i * length, (i + 1) * length), 1)).live![0]!;
  return live;
}

/**
 * The part of a picture that a PAD model sees: the box reshaped and enlarged as the manifest says, at most to the picture's
 * sides, then reduced to `share` of that and shifted (not cut) to stay inside the picture.
 */
export function padCrop(
  box: Box,
  crop: NonNullable<ModelEntry['crop']>,
  width: number,
  height: number,
  share = 1,
): Box {
  const boxWidth = box.width * crop.boxWidth;
  const boxHeight = box.height * crop.boxHeight;
  const scale = Math.min(crop.scale, width / boxWidth, height / boxHeight) * share;
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
