import { type Calibration, thresholdForFalseMatchRate } from '../matching/index.ts';

/** The smallest false-match rate that a gallery is looked at, and the pairs that a rate needs at least. */
const RATE = 1e-3;
const PAIRS = 10;
/** Up to this many times the expected pairs above the threshold the table is taken to hold. */
const TOLERANCE = 2;

export interface MeasuredShift {
  /** What the table's thresholds and scores are to be raised by; 0 where the gallery follows the table. */
  shift: number;
  /** Cross pairs looked at. */
  pairs: number;
  /** The false-match rate they were looked at: 1 in 1,000, or ten pairs where there are fewer than 10,000. */
  rate: number;
  /** Pairs whose score reaches the table's threshold for that rate. */
  above: number;
}

/**
 * Compares the scores of different people of one gallery, rising, with the table: twice as many above the table's threshold as its
 * rate says raise it to the gallery's own quantile, so that the rate holds for these people. Never below the table.
 */
export function measureShift(scores: Float64Array, calibration: Calibration): MeasuredShift {
  const pairs = scores.length;
  const rate = Math.min(1, Math.max(RATE, PAIRS / Math.max(1, pairs)));
  const { threshold } = thresholdForFalseMatchRate(calibration, rate);
  const above = pairs - countBelow(scores, threshold);
  if (pairs === 0 || above < TOLERANCE * rate * pairs) return { shift: 0, pairs, rate, above };
  const quantile = scores[pairs - Math.max(1, Math.floor(rate * pairs))]!;
  return { shift: Math.max(0, quantile - threshold), pairs, rate, above };
}

function countBelow(rising: Float64Array, threshold: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
