import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { falseNonMatchRateOf, type Threshold, thresholdForFalseMatchRate } from './error-rate.ts';
import { type HoldsFor, heldBy, type Scorer } from './every-group.ts';

type MeasuredTable = Pick<ScorerEntry['calibration'], 'table' | 'measuredDownTo' | 'genuine' | 'impostors'>;

/** A share of so many pairs, with the interval in which it lies at 95 %. */
export interface MeasuredShare {
  rate: number;
  interval: [number, number];
}

/** What a scorer's score means, by one of its tables. */
export interface CalibrationCurve {
  /** Pictures of the enrolled person that the probe was compared with. */
  pictures: number;
  /** Pairs measured: of one person, and of two. */
  genuine: number;
  impostors: number;
  /** The smallest false-match rate that was measured; beyond it thresholds are extrapolated. */
  measuredDownTo: number;
  /** As measured, by rising score. */
  points: { score: number; falseMatch: MeasuredShare; falseNonMatch: MeasuredShare }[];
  /** Thresholds and their costs, by falling false-match rate. */
  steps: Threshold[];
}

const STEPS = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7].flatMap((decade, i) =>
  i === 0 ? [decade] : [5 * decade, 2 * decade, decade],
);
const SIGMAS = 1.96;

/**
 * The curves of a scorer, one for each number of pictures. `shift` raises the thresholds, as an own gallery does. `rate`: a false-match
 * rate that gets a step of its own.
 */
export function calibrationCurves(scorer: Scorer, shift: number, rate?: number): CalibrationCurve[] {
  const { calibration } = scorer;
  const { several = [] } = calibration;
  const isStep = rate === undefined || STEPS.some((step) => Math.abs(step / rate - 1) < 1e-9);
  const rates = isStep ? STEPS : [...STEPS, rate].toSorted((a, b) => b - a);
  return [{ ...calibration, pictures: 1 }, ...several].map((table) => ({
    pictures: table.pictures,
    genuine: table.genuine,
    impostors: table.impostors,
    measuredDownTo: table.measuredDownTo,
    points: pointsOf(table, heldBy(scorer)),
    steps: rates.map((one) => stepOf(table, one, shift)),
  }));
}

const pointsOf = ({ table, impostors, genuine }: MeasuredTable, holdsFor: HoldsFor) =>
  table.map(({ score, fmr, fnmr, worst }) => ({
    score,
    falseMatch: {
      rate: fmr,
      interval: holdsFor === 'every-group' && worst ? worst.interval : wilson(fmr, impostors),
    },
    falseNonMatch: { rate: fnmr, interval: wilson(fnmr, genuine) },
  }));

function stepOf(table: MeasuredTable, rate: number, shift: number): Threshold {
  const onTable = thresholdForFalseMatchRate(table, rate);
  const threshold = onTable.threshold + shift;
  return { ...onTable, threshold, fnmr: falseNonMatchRateOf(table, threshold) };
}

/**
 * The Wilson interval of a share of `count` pairs at 95 %, as if the pairs did not depend on one another. A person is in many pairs, so
 * that the true interval is wider.
 */
export function wilson(share: number, count: number): [number, number] {
  const square = (SIGMAS * SIGMAS) / count;
  const middle = (share + square / 2) / (1 + square);
  const half = (SIGMAS / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
