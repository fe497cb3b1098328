import type { PadSetEntry } from './manifest.ts';

/** Probabilities nearer to 0 or 1 than this carry no more evidence: single precision ends there. */
const CLOSEST = 1e-7;

/** One live score, 0..1, of the probabilities that the set's models gave for its crops. */
export function combineScores(
  { combine, offset = 0 }: Pick<PadSetEntry, 'combine' | 'offset'>,
  seen: readonly Float32Array[],
): number {
  const all = seen.flatMap((probabilities) => [...probabilities]);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  if (combine === 'mean-of-live-probabilities') return mean(all);
  return 1 / (1 + Math.exp(offset - mean(all.map(margin))));
}

/** l1 - ln(e^l0 + e^l2) of a model's logits: how far it holds the face for live, 0 when undecided. */
function margin(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}
