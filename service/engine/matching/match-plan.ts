import type { Scorer } from './every-group.ts';

/** How faces are compared. */
export interface MatchPlan {
  /** The best last; each compares only templates that have all its embeddings. */
  scorers: [Scorer, ...Scorer[]];
}

/** The embedders by which candidates of a search are found: the first of each scorer, so that no person is left out that one can compare. */
export const searchedBy = ({ scorers }: MatchPlan): string[] => [
  ...new Set(scorers.flatMap(({ terms }) => terms[0]?.model ?? [])),
];

/** The embedder whose vector stands for a face where one has to: the best scorer's. */
export const mainEmbedder = ({ scorers }: MatchPlan): string => scorers.at(-1)!.terms[0]!.model;
