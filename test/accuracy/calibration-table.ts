import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import type { Comparisons } from './comparisons.ts';
import { operatingPointAt, ratesAt } from './error-rates.ts';

type Table = ScorerEntry['calibration']['table'];

export interface CalibrationTable {
  table: Table;
  /** The smallest FMR of the table that at least 30 impostor pairs support (the rule of 30 of ISO/IEC 19795-1). */
  measuredDownTo: number;
}

const POINTS_PER_DECADE = 20;
const RULE_OF_30 = 30;
/** Further points, of the FNMR alone, beyond the highest impostor score. */
const TAIL_POINTS = 20;
const SCORE_DIGITS = 5;

/**
 * Score → FMR, FNMR from the lowest score in twenty steps a decade down to one impostor pair; below `measuredDownTo` the
 * FMR is a count of less than 30. Beyond the highest impostor score the FMR reads 0 and only the FNMR goes on, up to a
 * score that refuses every genuine pair.
 */
export function calibrationTable(comparisons: Comparisons): CalibrationTable {
  const { genuine, impostor, impostors } = comparisons;
  const lowest = Math.min(genuine.score.at(-1)!, impostor.score.at(-1)!);
  const highest = impostor.score[0]!;
  const steps = Math.floor(Math.log10(impostors) * POINTS_PER_DECADE);
  const beyond = genuine.score.filter((score) => score > highest).reverse();
  const scores = [
    lowest - 10 ** -SCORE_DIGITS,
    ...Array.from({ length: steps }, (_, i) => 10 ** (-(i + 1) / POINTS_PER_DECADE)).map(
      (fmr) => operatingPointAt(comparisons, fmr).threshold,
    ),
    highest + 10 ** -SCORE_DIGITS,
    ...Array.from(
      { length: TAIL_POINTS },
      (_, i) => beyond[Math.ceil(((i + 1) / TAIL_POINTS) * beyond.length) - 1],
    )
      .filter((score) => score !== undefined)
      .map((score) => score + 10 ** -SCORE_DIGITS),
  ];
  const table: Table = [];
  for (const score of scores.map((exact) => Number(exact.toFixed(SCORE_DIGITS)))) {
    const { fmr, fnmr } = ratesAt(comparisons, score);
    if (score <= (table.at(-1)?.score ?? Number.NEGATIVE_INFINITY)) continue;
    table.push({ score, fmr: Number(fmr.toPrecision(4)), fnmr: Number(fnmr.toFixed(5)) });
  }
  const measured = table.filter(({ fmr }) => Math.round(fmr * impostors) >= RULE_OF_30);
  return { table, measuredDownTo: measured.at(-1)?.fmr ?? 1 };
}
