import type { Embeddings } from './embeddings.ts';
import { type Calibration, falseNonMatchRateOf, thresholdForFalseMatchRate } from './error-rate.ts';
import type { Scorer } from './every-group.ts';
import { meanEmbeddings } from './mean-embeddings.ts';

/** What a probe is compared with: the pictures of one person under one scorer. */
export interface Reference {
  scorer: Scorer;
  /** Pictures that take part. */
  pictures: number;
  /** What a score against one of `templates` means. */
  calibration: Calibration;
  /** The mean direction of the pictures; or, where the scorer has no table for a mean, each picture. */
  templates: Embeddings[];
}

/**
 * How the enrolled pictures of a person (best first) are compared with a probe. The scorer is the last in the list whose embeddings
 * the probe and a picture have; an earlier one with more pictures takes its place where its tables say that it refuses fewer genuine
 * people at the rate. Neither depends on the probe's scores, so that the rate of the table holds. A superseded scorer takes part only where
 * what supersedes it has nothing to compare.
 *
 * Several pictures are compared by their mean, of as many pictures as the largest table was measured with: a mean of more would
 * score higher against strangers than any table says (five pictures on the table of four: 1.4 times the false matches). A scorer
 * without tables for several pictures compares each picture on the table of one; the chance of a false match then grows at most by their
 * number, which `falseMatchRateShare` takes into account.
 *
 * Undefined where no scorer has what it needs on both sides.
 */
export function referenceOf(
  scorers: readonly Scorer[],
  probe: Embeddings,
  enrolled: readonly Embeddings[],
  rate: number,
): Reference | undefined {
  const found = scorers.toReversed().flatMap((scorer) => {
    const has = (embeddings: Embeddings) =>
      scorer.terms.every(({ model }) => embeddings[model] !== undefined);
    const complete = enrolled.filter(has);
    return has(probe) && complete.length > 0 ? [toReference(scorer, complete)] : [];
  });
  const [last, ...earlier] = found.filter(
    ({ scorer: { supersededBy } }) => !found.some(({ scorer }) => scorer.id === supersededBy),
  );
  return earlier.reduce(
    (best, other) =>
      best && other.pictures > best.pictures && refusals(other, rate) < refusals(best, rate) ? other : best,
    last,
  );
}

function toReference(scorer: Scorer, complete: readonly Embeddings[]): Reference {
  const { several = [], ...one } = scorer.calibration;
  if (complete.length === 1) return { scorer, pictures: 1, calibration: one, templates: [complete[0]!] };
  const table = several[Math.min(complete.length, several.length + 1) - 2];
  if (table === undefined)
    return { scorer, pictures: complete.length, calibration: one, templates: [...complete] };
  const averaged = complete.slice(0, table.pictures);
  return {
    scorer,
    pictures: averaged.length,
    calibration: table,
    templates: [meanEmbeddings(scorer, averaged)],
  };
}

/**
 * The rate that each comparison with a template of the reference has to hold, so that all of them together hold `rate`: the union
 * bound (measured with two and three pictures on the table of one: 0.7 and 0.5 of the rate at 1 in 10,000).
 */
export const falseMatchRateShare = ({ templates }: Pick<Reference, 'templates'>, rate: number): number =>
  rate / templates.length;

/** Share of genuine people that the reference refuses at the rate, by its table. */
function refusals(reference: Reference, rate: number): number {
  const { calibration } = reference;
  const { threshold } = thresholdForFalseMatchRate(calibration, falseMatchRateShare(reference, rate));
  return falseNonMatchRateOf(calibration, threshold);
}
