/** A mean shorter than this points nowhere. */
const SHORTEST = 1e-6;

/** The direction of the sum of unit vectors, itself of unit length; of vectors that cancel each other out, the first of them. */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]!;
  const length = Math.hypot(...mean);
  return length < SHORTEST ? vectors[0]!.slice() : mean.map((value) => value / length);
}

/** Normalized product of two lists of the same length, -1..1; 0 where one of them holds only zeros. */
export function correlation(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** A linear rule of what is a person, for unit vectors of one embedder (the field `person` of its entry in models/manifest.json). */
export interface PersonRule {
  weights: readonly number[];
  bias: number;
  limit: number;
}

/** How far a face's unit vector is from the embedder's limit of what is a person: 0 there, negative for drawings, statues and animals. */
export function personScore({ weights, bias, limit }: PersonRule, vector: Float32Array): number {
  let sum = bias;
  for (let i = 0; i < vector.length; i++) sum += weights[i]! * vector[i]!;
  return limit - sum;
}
