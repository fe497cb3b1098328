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
