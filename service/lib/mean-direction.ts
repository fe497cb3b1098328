/** A mean shorter than this points nowhere. */
const SHORTEST = 1e-6;

/** The direction of the sum of unit vectors, itself of unit length; of vectors that cancel each other out, the first of them. */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]!;
  const length = Math.hypot(...mean);
  return length < SHORTEST ? vectors[0]!.slice() : mean.map((value) => value / length);
}
