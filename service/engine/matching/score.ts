import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { meanDirection } from '../../lib/vectors.ts';
import {
  type Calibration,
  falseNonMatchRateOf,
  logFalseMatchRateOf,
  thresholdForFalseMatchRate,
} from './error-rate.ts';
import type { Scorer } from './every-group.ts';

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

/** 1 = same direction, 0 = unrelated. Both vectors have unit length; throws when their lengths differ. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new RangeError(`Vectors of ${a.length} and ${b.length} numbers do not compare.`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.min(1, Math.max(-1, sum));
}

/** Half of this per decade: one decade better than the 1:1 rate gives 0.76, two 0.91, four 0.99. */
const STEEPNESS = 0.5;

/**
 * How sure a match is, 0..1: a fixed map of its false-match rate against a profile's 1:1 rate, both as log10.
 * Exactly 0.5 at that rate, rising as the match's rate falls.
 */
export function confidence(logRate: number, logOneToOneRate: number): number {
  return 1 / (1 + 10 ** (STEEPNESS * (logRate - logOneToOneRate)));
}

/** The mean direction of several pictures, for each model of the scorer; every picture has them all. */
export function meanEmbeddings({ terms }: ScorerEntry, pictures: readonly Embeddings[]): Embeddings {
  return Object.fromEntries(
    terms.map(({ model }) => [model, meanDirection(pictures.map((embeddings) => embeddings[model]!))]),
  );
}

/** Unit vectors of one picture by embedder id. */
export type Embeddings = Record<string, Float32Array>;
