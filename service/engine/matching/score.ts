import { cosineSimilarity } from './cosine-similarity.ts';
import type { Embeddings } from './embeddings.ts';
import { logFalseMatchRateOf } from './error-rate.ts';
import type { Scorer } from './every-group.ts';
import type { Reference } from './reference.ts';

/** How much higher strangers score in this gallery than in the scorer's tables; 0 or more. */
export type GalleryShift = (scorer: Scorer) => number;

export interface Comparison {
  reference: Reference;
  score: number;
  /** What the score was lowered by before it was looked up (`GalleryShift`). */
  shift: number;
  /**
   * log10 of the false-match rate of the whole comparison, 0 or less: the one scale on which scorers and numbers of pictures
   * compare.
   */
  logRate: number;
}

/** The scorer's value for two pictures; undefined where either lacks an embedding it needs. */
export function scoreOf(scorer: Scorer, a: Embeddings, b: Embeddings): number | undefined {
  let score = 0;
  for (const { model, weight, offset } of scorer.terms) {
    const left = a[model];
    const right = b[model];
    if (left === undefined || right === undefined) return undefined;
    score += weight * (cosineSimilarity(left, right) - offset);
  }
  return score;
}

/** Compares a probe with a person's pictures. */
export function compare(probe: Embeddings, reference: Reference, shiftOf: GalleryShift): Comparison {
  const { scorer, templates, calibration } = reference;
  const shift = shiftOf(scorer);
  const score = Math.max(...templates.map((template) => scoreOf(scorer, probe, template)!));
  const logRate = logFalseMatchRateOf(calibration, score - shift) + Math.log10(templates.length);
  return { reference, score, shift, logRate: Math.min(0, logRate) };
}
