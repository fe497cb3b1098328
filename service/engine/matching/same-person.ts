import type { ScorerEntry } from '../../inference/models/manifest.ts';
import type { Enrollment } from '../subjects/index.ts';
import type { Embeddings } from './embeddings.ts';
import { thresholdForFalseMatchRate } from './error-rate.ts';
import type { MatchPlan } from './match-plan.ts';
import { scoreOf } from './score.ts';

/**
 * False-match rate of each comparison of a further picture with an enrolled one, 0..1. Looser than that of a verification: the
 * person is named and several pictures have to agree. On LFW it refuses 1 % of genuine second pictures where 1 in 10,000
 * refused 16 % (docs/ENROLLMENT.md).
 */
const RATE = 0.01;

export interface Sameness {
  /** Whether the picture may be added: it matches an anchor and more than half of all pictures. */
  same: boolean;
  /** Whether it can be compared with an anchor at all. */
  comparable: boolean;
}

/**
 * Whether a picture shows the person whose enrollments these are: each is compared by the best scorer that has its embeddings
 * on both sides (the last in the list), on the table of one picture.
 */
export function samePerson(
  scorers: MatchPlan['scorers'],
  probe: Embeddings,
  enrolled: readonly Pick<Enrollment, 'anchor' | 'templates'>[],
): Sameness {
  const compared = enrolled.flatMap(({ anchor, templates }) => {
    const embeddings = Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));
    const match = isSameAt(scorers, probe, embeddings, RATE);
    return match === undefined ? [] : [{ anchor, match }];
  });
  const matching = compared.filter(({ match }) => match);
  return {
    same: matching.some(({ anchor }) => anchor) && 2 * matching.length > compared.length,
    comparable: compared.some(({ anchor }) => anchor),
  };
}

/** Two pictures by the best scorer, at a false-match rate. Undefined where no scorer can compare the two. */
export function isSameAt(
  scorers: readonly ScorerEntry[],
  a: Embeddings,
  b: Embeddings,
  rate: number,
): boolean | undefined {
  for (const scorer of scorers.toReversed()) {
    const score = scoreOf(scorer, a, b);
    if (score !== undefined) return score >= thresholdForFalseMatchRate(scorer.calibration, rate).threshold;
  }
  return undefined;
}
