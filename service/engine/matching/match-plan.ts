import type { ScorerEntry } from '../../inference/models/manifest.ts';

/** The models that compare faces. */
export interface MatchPlan {
  /** The galleries' embedder. */
  primary: string;
  /** The best last; each compares only templates that have all its embeddings. */
  scorers: [ScorerEntry, ...ScorerEntry[]];
}
