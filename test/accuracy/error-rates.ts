import type { Comparisons, Scores } from './comparisons.ts';

/** Accept from `threshold` on. Rates are fractions of comparisons (ISO/IEC 19795-1). */
export interface OperatingPoint {
  threshold: number;
  fmr: number;
  fnmr: number;
}

/** How much a comparison counts: how often its people were drawn. Every comparison counts once without. */
export type Drawn = Uint16Array;

/**
 * The rate at which false matches and false non-matches are equally frequent, linear between the two thresholds around
 * it. NaN if there is nothing to compare or the impostor scores given end before it.
 */
export function equalErrorRate(comparisons: Comparisons, drawn?: Drawn): number {
  let before = { fmr: 0, fnmr: 1 };
  for (const point of operatingPoints(comparisons, drawn)) {
    if (point.fmr >= point.fnmr) {
      const gapBefore = before.fnmr - before.fmr;
      const share = gapBefore / (gapBefore + point.fmr - point.fnmr);
      return before.fmr + share * (point.fmr - before.fmr);
    }
    before = point;
  }
  return Number.NaN;
}

/**
 * The lowest threshold whose FMR is not above `fmr`, and what it costs; it lies midway between the last impostor score
 * that is accepted and the first that is not. NaN if the impostor scores given end before it.
 */
export function operatingPointAt(comparisons: Comparisons, fmr: number, drawn?: Drawn): OperatingPoint {
  const { genuine, impostor } = comparisons;
  const allowed = fmr * impostorWeight(comparisons, drawn) * (1 + 1e-12);
  let accepted = 0;
  let acceptedBefore = 0;
  let last = Number.POSITIVE_INFINITY;
  let lastAccepted = Number.POSITIVE_INFINITY;
  for (let i = 0; i < impostor.score.length; i++) {
    const score = impostor.score[i]!;
    const weight = weightOf(impostor, i, drawn);
    if (weight === 0) continue;
    if (score < last) {
      acceptedBefore = accepted;
      lastAccepted = last;
      last = score;
    }
    accepted += weight;
    if (accepted > allowed) {
      const threshold = lastAccepted === Number.POSITIVE_INFINITY ? score + 1e-9 : (score + lastAccepted) / 2;
      return {
        threshold,
        fmr: acceptedBefore / impostorWeight(comparisons, drawn),
        fnmr: 1 - weightFrom(genuine, threshold, drawn) / genuineWeight(genuine, drawn),
      };
    }
  }
  return { threshold: Number.NaN, fmr: Number.NaN, fnmr: Number.NaN };
}

/** What a given threshold costs. */
export function ratesAt({ genuine, impostor, impostors }: Comparisons, threshold: number): OperatingPoint {
  return {
    threshold,
    fmr: countFrom(impostor.score, threshold) / impostors,
    fnmr: 1 - countFrom(genuine.score, threshold) / genuine.score.length,
  };
}

/** Share of the genuine comparisons that a given threshold accepts. */
export const trueAcceptRateAt = ({ genuine }: Comparisons, threshold: number, drawn?: Drawn): number =>
  weightFrom(genuine, threshold, drawn) / genuineWeight(genuine, drawn);

/** How many of the falling scores are not below the threshold. */
function countFrom(falling: Float64Array, threshold: number): number {
  let low = 0;
  let high = falling.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (falling[middle]! >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One point for each different score, thresholds falling, as far as there are impostor scores. */
function* operatingPoints(comparisons: Comparisons, drawn?: Drawn): Generator<{ fmr: number; fnmr: number }> {
  const { genuine, impostor } = comparisons;
  const impostors = impostorWeight(comparisons, drawn);
  const genuines = genuineWeight(genuine, drawn);
  let matched = 0;
  let accepted = 0;
  let g = 0;
  for (let i = 0; i < impostor.score.length; ) {
    const threshold = Math.max(impostor.score[i]!, genuine.score[g] ?? Number.NEGATIVE_INFINITY);
    for (; genuine.score[g]! >= threshold; g++) matched += weightOf(genuine, g, drawn);
    for (; impostor.score[i]! >= threshold; i++) accepted += weightOf(impostor, i, drawn);
    yield { fmr: accepted / impostors, fnmr: 1 - matched / genuines };
  }
}

/** A genuine comparison is about one person and counts as often as that one was drawn, an impostor one for each pair. */
function weightOf({ a, b }: Scores, i: number, drawn?: Drawn): number {
  if (drawn === undefined) return 1;
  const first = a[i]!;
  const second = b[i]!;
  return first === second ? drawn[first]! : drawn[first]! * drawn[second]!;
}

function weightFrom(scores: Scores, threshold: number, drawn?: Drawn): number {
  let weight = 0;
  for (let i = 0; i < scores.score.length && scores.score[i]! >= threshold; i++)
    weight += weightOf(scores, i, drawn);
  return weight;
}

function genuineWeight(genuine: Scores, drawn?: Drawn): number {
  return weightFrom(genuine, Number.NEGATIVE_INFINITY, drawn);
}

/** Every picture with every mean of others; of single pictures each pair counts once. */
function impostorWeight({ impostors, pictures, means }: Comparisons, drawn?: Drawn): number {
  if (drawn === undefined) return impostors;
  let [probes, references, own] = [0, 0, 0];
  for (let person = 0; person < pictures.length; person++) {
    const probe = pictures[person]! * drawn[person]!;
    const reference = (means ?? pictures)[person]! * drawn[person]!;
    probes += probe;
    references += reference;
    own += probe * reference;
  }
  return (probes * references - own) / (means === undefined ? 2 : 1);
}
