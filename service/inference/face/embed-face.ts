import { personScore } from '../../lib/vectors.ts';
import type { ModelEntry } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { type Affine, fitSimilarity, invertAffine } from './affine.ts';
import { meshPoint } from './face-landmarks.ts';
import { appendBlankedChip, appendMirrorImage, createWarp } from './warp.ts';

/** What an embedder makes of a face. */
export interface FaceEmbedding {
  /** Unit length. */
  vector: Float32Array;
  /** As `QualityMeasures`; each where the manifest states its limit. */
  lowerFace?: number;
  person?: number;
}

/** Of the face whose mesh this is. */
export type FaceEmbedder = (pyramid: Pyramid, mesh: Float32Array) => Promise<FaceEmbedding>;

/**
 * Aligns and embeds; with the mirror image, where the manifest says so, and then in the mean direction of both; with the blanked chip
 * where it states a coverage.
 */
export function createFaceEmbedder(model: OnnxModel): FaceEmbedder {
  const { input: spec, alignment, coverage, person } = model.entry;
  if (!alignment)
    throw new Error(`The embedder ${model.entry.id} has no alignment template in the manifest.`);
  const length = spec.size[0] * spec.size[1] * 3;
  const warp = createWarp(spec);
  const chips = 1 + Number(alignment.mirror) + Number(coverage !== undefined);
  const input = new Float32Array(chips * length);

  async function embedAll(): Promise<Float32Array[]> {
    if (spec.batch || chips === 1) {
      const { embedding } = await model.run(input, chips);
      const size = embedding!.length / chips;
      return Array.from({ length: chips }, (_, i) => embedding!.subarray(i * size, (i + 1) * size));
    }
    const vectors: Float32Array[] = [];
    for (let i = 0; i < chips; i++)
      vectors.push((await model.run(input.subarray(i * length, (i + 1) * length), 1)).embedding!);
    return vectors;
  }

  return async (pyramid, mesh) => {
    warp(pyramid, chipToPicture(alignment, spec.size, mesh), input, 0);
    if (alignment.mirror) appendMirrorImage(spec, input, 0);
    if (coverage) appendBlankedChip(spec, input, (chips - 1) * length, coverage.blanked);
    const vectors = await embedAll();
    const blanked = coverage ? vectors.pop() : undefined;
    const vector = meanDirection(vectors);
    return {
      vector,
      ...(coverage && { lowerFace: lengthOf(blanked!) / lengthOf(vectors[0]!) / coverage.limit }),
      ...(person && { person: personScore(person, vector) }),
    };
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
    const size = lengthOf(vector);
    for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]! / size;
  }
  const size = lengthOf(mean);
  return mean.map((value) => value / size);
}

const lengthOf = (vector: Float32Array): number => Math.sqrt(product(vector, vector));

function product(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
