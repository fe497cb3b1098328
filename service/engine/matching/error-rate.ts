import type { ScorerEntry } from '../../inference/models/manifest.ts';

/** A table from the manifest: score against false-match and false-non-match rate. */
export type Calibration = Pick<ScorerEntry['calibration'], 'table' | 'measuredDownTo'>;

export interface Threshold {
  /** Accept from this score on. */
  threshold: number;
  /** The false-match rate asked for, per comparison, 0..1. */
  fmr: number;
  /** Share of genuine comparisons below the threshold, 0..1. */
  fnmr: number;
  /** The threshold is outside the measured range. */
  extrapolated: boolean;
}

interface Knot {
  score: number;
  /** log10 of the false-match rate, strictly falling from knot to knot. */
  log: number;
}

/**
 * The score that holds a false-match rate (0 < fmr <= 1): interpolated in log10 of the rate between the table's points;
 * below the smallest measured rate the last measured decade is continued as a straight line, and the answer says so.
 * Throws when the table measures fewer than two different rates.
 */
export function thresholdForFalseMatchRate(calibration: Calibration, fmr: number): Threshold {
  if (!(fmr > 0 && fmr <= 1))
    throw new RangeError(`A false-match rate lies above 0 and up to 1, not at ${fmr}.`);
  const knots = measuredKnots(calibration);
  const threshold = scoreAt(knots, Math.log10(fmr));
  return {
    threshold,
    fmr,
    fnmr: falseNonMatchRateOf(calibration, threshold),
    extrapolated: Math.log10(fmr) < knots.at(-1)!.log,
  };
}

/** log10 of the share of impostor comparisons that reach the score: 0 or less, never rising with the score. */
export function logFalseMatchRateOf(calibration: Calibration, score: number): number {
  const knots = measuredKnots(calibration);
  const first = knots[0]!;
  const last = knots.at(-1)!;
  if (!(score > first.score)) return first.log;
  if (score >= last.score) return last.log + tailSlope(knots) * (score - last.score);
  const right = knots.findIndex((knot) => knot.score > score);
  const a = knots[right - 1]!;
  const b = knots[right]!;
  return a.log + ((b.log - a.log) * (score - a.score)) / (b.score - a.score);
}

/** Share of genuine comparisons below the score, 0..1; past the table's end its last slope is continued. */
export function falseNonMatchRateOf(calibration: Calibration, score: number): number {
  const table = calibration.table;
  const first = table[0]!;
  if (!(score > first.score)) return first.fnmr;
  let right = table.findIndex((point) => point.score > score);
  if (right < 0) right = table.length - 1;
  const a = table[right - 1]!;
  const b = table[right]!;
  const rate = a.fnmr + ((b.fnmr - a.fnmr) * (score - a.score)) / (b.score - a.score);
  return Math.min(1, Math.max(0, rate));
}

/** The rate per comparison at which a search over `size` people names a wrong one with the given rate: 1-(1-rate)^(1/size). */
export function matchRateForGallery(falseIdentificationRate: number, size: number): number {
  return -Math.expm1(Math.log1p(-falseIdentificationRate) / Math.max(1, size));
}

/** The largest number of people whose 1:N threshold at this false-identification rate is still measured. */
export function safeGallerySize(calibration: Calibration, falseIdentificationRate: number): number {
  const measured = 10 ** measuredKnots(calibration).at(-1)!.log;
  return Math.max(0, Math.floor(Math.log1p(-falseIdentificationRate) / Math.log1p(-measured) + 1e-9));
}

/**
 * The measured points with strictly rising score and strictly falling rate. Of points with one rate the last is kept
 * and a rate never lies below a later one, so that between two points the rate is over- rather than underestimated.
 */
function measuredKnots({ table, measuredDownTo }: Calibration): Knot[] {
  const knots: Knot[] = [];
  let floor = 0;
  for (let i = table.length - 1; i >= 0; i--) {
    const { score, fmr } = table[i]!;
    if (!(fmr > 0 && fmr >= measuredDownTo * (1 - 1e-9)) || fmr <= floor) continue;
    floor = fmr;
    knots.push({ score, log: Math.min(0, Math.log10(fmr)) });
  }
  if (knots.length < 2)
    throw new Error('A calibration table must measure at least two different false-match rates.');
  return knots.reverse();
}

/** Decades per unit of score over the last measured decade, below 0. */
function tailSlope(knots: readonly Knot[]): number {
  const last = knots.at(-1)!;
  const decade = knots.findLast((knot) => knot.log >= last.log + 1) ?? knots[0]!;
  return (last.log - decade.log) / (last.score - decade.score);
}

function scoreAt(knots: readonly Knot[], log: number): number {
  const first = knots[0]!;
  const last = knots.at(-1)!;
  if (log >= first.log) return first.score;
  if (log <= last.log) return last.score + (log - last.log) / tailSlope(knots);
  const right = knots.findIndex((knot) => knot.log <= log);
  const a = knots[right - 1]!;
  const b = knots[right]!;
  return a.score + ((b.score - a.score) * (log - a.log)) / (b.log - a.log);
}
