import type { ModelEntry } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, invertAffine } from './affine.ts';
import { meshPoint } from './face-landmarks.ts';
import { fitSimilarity } from './fit-similarity.ts';
import { appendMirrorImage, createWarp } from './warp.ts';

/** A unit vector for the face whose mesh this is. */
export type FaceEmbedder = (pyramid: Pyramid, mesh: Float32Array) => Promise<Float32Array>;

/** Aligns, embeds (with the mirror image, where the manifest says so) and takes the mean direction. */
export function createFaceEmbedder(model: OnnxModel): FaceEmbedder {
  const { input: spec, alignment } = model.entry;
  if (!alignment)
    throw new Error(`The embedder ${model.entry.id} has no alignment template in the manifest.`);
  const length = spec.size[0] * spec.size[1] * 3;
  const warp = createWarp(spec);
  const input = new Float32Array(2 * length);

  async function embedBoth(): Promise<Float32Array[]> {
    if (spec.batch) {
      const { embedding } = await model.run(input, 2);
      const half = embedding!.length / 2;
      return [embedding!.subarray(0, half), embedding!.subarray(half)];
    }
    const { embedding: straight } = await model.run(input.subarray(0, length), 1);
    const { embedding: mirror } = await model.run(input.subarray(length), 1);
    return [straight!, mirror!];
  }

  return async (pyramid, mesh) => {
    warp(pyramid, chipToPicture(alignment, spec.size, mesh), input, 0);
    if (!alignment.mirror) {
      const { embedding } = await model.run(input, 1);
      return meanDirection([embedding!]);
    }
    appendMirrorImage(spec, input, 0);
    return meanDirection(await embedBoth());
  };
}

/** From the aligned chip to the picture, by the landmarks that the manifest names. */
export function chipToPicture(
  { landmarks, template, padding }: NonNullable<ModelEntry['alignment']>,
  [width, height]: readonly [number, number],
  mesh: Float32Array,
): Affine {
  const targets = template.map(([x, y]) => ({
    x: ((padding + x) / (2 * padding + 1)) * width,
    y: ((padding + y) / (2 * padding + 1)) * height,
  }));
  return invertAffine(
    fitSimilarity(
      landmarks.map((index) => meshPoint(mesh, index)),
      targets,
    ),
  );
}

/** The mean of the vectors' directions, of length 1. */
function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) {
    const size = length(vector);
    for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]! / size;
  }
  const size = length(mean);
  return mean.map((value) => value / size);
}

function length(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
