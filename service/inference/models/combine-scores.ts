import type { PadSetEntry } from './manifest.ts';

/** Probabilities nearer to 0 or 1 than this carry no more evidence: single precision ends there. */
const CLOSEST = 1e-7;

/** One live score, 0..1, of the probabilities that each of the set's models, in their order, gave for its crops. */
export function combineScores(
  { models, combine, offset = 0 }: Pick<PadSetEntry, 'models' | 'combine' | 'offset'>,
  seen: readonly Float32Array[],
): number {
  const ofEach = (value: (probability: number) => number) =>
    models.reduce((sum, { weight }, i) => sum + weight * mean(Array.from(seen[i]!, value)), 0);
  if (combine === 'mean-of-live-probabilities') return ofEach((probability) => probability);
  return 1 / (1 + Math.exp(offset - ofEach(margin)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** l1 - ln(e^l0 + e^l2) of a model's logits: how far it holds the face for live, 0 when undecided. */
function margin(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}
