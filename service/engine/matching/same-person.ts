import type { ScorerEntry } from '../../inference/models/manifest.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Enrollment, Subjects } from '../people/index.ts';
import { thresholdForFalseMatchRate } from './error-rate.ts';
import type { MatchPlan } from './every-group.ts';
import { type Embeddings, scoreOf } from './score.ts';

/**
 * False-match rate of each comparison of a further picture with an enrolled one, 0..1. Looser than that of a verification: the
 * person is named and several pictures have to agree. On LFW it refuses 1 % of genuine second pictures where 1 in 10,000
 * refused 16 % (docs/ENROLLMENT.md).
 */
const RATE = 0.01;

interface Sameness {
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

/**
 * How many of the people that one picture matches could be blended in it: each that has another one beside them, not marked as distinct
 * from them. 0, or at least 2.
 */
export async function alikePeople(
  { distinctFrom }: Pick<Subjects, 'distinctFrom'>,
  people: readonly SubjectId[],
): Promise<number> {
  if (people.length < 2) return 0;
  const distinct = new Map<SubjectId, Set<SubjectId>>();
  for (const one of people)
    distinct.set(one, new Set((await distinctFrom(one)).map(({ subject }) => subject)));
  const isBeside = (one: SubjectId, other: SubjectId) => one !== other && !distinct.get(one)!.has(other);
  return people.filter((one) => people.some((other) => isBeside(one, other))).length;
}
