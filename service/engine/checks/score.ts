import type { ScorerEntry } from '../../inference/manifest.ts';
import { cosineSimilarity } from './cosine-similarity.ts';
import { logFalseMatchRateOf } from './error-rate.ts';

/** Unit vectors of one picture by embedder id. */
export type Embeddings = Record<string, Float32Array>;

export interface Comparison {
  scorer: ScorerEntry;
  score: number;
  /** log10 of the false-match rate at the score: the one scale on which different scorers compare. */
  logRate: number;
}

/** The scorer's value for two pictures; undefined where either lacks an embedding it needs. */
export function scoreOf(scorer: ScorerEntry, a: Embeddings, b: Embeddings): number | undefined {
  let score = 0;
  for (const { model, weight, offset } of scorer.terms) {
    const left = a[model];
    const right = b[model];
    if (left === undefined || right === undefined) return undefined;
    score += weight * (cosineSimilarity(left, right) - offset);
  }
  return score;
}

/** Two pictures by the best scorer (the last in the list) for which both have all embeddings. */
function compare(scorers: readonly ScorerEntry[], a: Embeddings, b: Embeddings): Comparison | undefined {
  for (const scorer of scorers.toReversed()) {
    const score = scoreOf(scorer, a, b);
    if (score !== undefined)
      return { scorer, score, logRate: logFalseMatchRateOf(scorer.calibration, score) };
  }
  return undefined;
}

/** The comparison with the smallest false-match rate, over everything a person has enrolled. */
export function bestOf(
  scorers: readonly ScorerEntry[],
  probe: Embeddings,
  enrolled: readonly Embeddings[],
): Comparison | undefined {
  let best: Comparison | undefined;
  for (const embeddings of enrolled) {
    const found = compare(scorers, probe, embeddings);
    if (found && (best === undefined || found.logRate < best.logRate)) best = found;
  }
  return best;
}
