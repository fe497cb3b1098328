import type { CrossScores } from '../../../inference/gallery/cross-scores.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { personScore } from '../../../lib/vectors.ts';
import type { ModelSet } from '../../models/index.ts';
import { thresholdForFalseMatchRate } from '../error-rate.ts';
import { forEveryGroup } from '../every-group.ts';
import type { Sample } from './gallery-shift.ts';
import { countReaching, pairOf } from './gallery-shift.ts';

/**
 * Why a template does not distinguish its person. `no-person`: the embedder takes it for a drawing, a statue or an animal, as it does many
 * faces that are upside down. `like-no-person`: it resembles such a template of another person. `like-many`: it resembles the templates of
 * several other people.
 */
export const doubts = ['no-person', 'like-no-person', 'like-many'] as const;
export type Doubt = (typeof doubts)[number];

/** Two templates resemble each other from the score on that this share of strangers of the worst group reaches. */
const RATE = 1e-3;
/** Others that a template resembles: at least so many, and at least this multiple of what the rate says. */
const FEWEST = 3;
const TIMES = 3;

/**
 * People of the sample whose template is in doubt. Nothing is said of a superseded scorer: under A no bad picture is found so, and one
 * Asian person in forty is (decision 0043).
 */
export async function doubtfulPeople(
  { scorer, subjects, request }: Sample,
  { byPair }: Pick<CrossScores, 'byPair'>,
  { personRules }: Pick<ModelSet, 'personRules'>,
): Promise<Map<SubjectId, Doubt>> {
  const found = new Map<SubjectId, Doubt>();
  if (scorer.supersededBy !== undefined) return found;
  const people = subjects.length;
  const { threshold } = thresholdForFalseMatchRate(forEveryGroup(scorer).calibration, RATE);
  const isPerson = subjects.map((_, place) =>
    scorer.terms.every(({ model }, term) => {
      const { dimensions, vectors } = request.terms[term]!;
      const rule = personRules[model];
      const vector = vectors.subarray(place * dimensions, (place + 1) * dimensions);
      return rule === undefined || personScore(rule, vector) >= 0;
    }),
  );
  const reaching = await countReaching({ byPair }, people, threshold);
  for (const [place, subject] of subjects.entries()) {
    if (!isPerson[place]) found.set(subject, 'no-person');
    else if (reaching[place]! >= Math.max(FEWEST, TIMES * RATE * (people - 1)))
      found.set(subject, 'like-many');
  }
  for (const [one, isOne] of isPerson.entries()) {
    if (isOne) continue;
    for (const [other, subject] of subjects.entries())
      if (isPerson[other] && byPair[pairOf(people, one, other)]! >= threshold)
        found.set(subject, 'like-no-person');
  }
  return found;
}
