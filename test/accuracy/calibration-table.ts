import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import type { Comparisons } from './comparisons.ts';
import { operatingPointAt, ratesAt } from './error-rates.ts';
import { type GroupScores, type Worst, worstGroups } from './groups.ts';

type Table = ScorerEntry['calibration']['table'];

export interface CalibrationTable {
  table: Table;
  /** The smallest FMR of the table that at least 30 impostor pairs support (the rule of 30 of ISO/IEC 19795-1). */
  measuredDownTo: number;
  /** The same of the worst group, where groups were measured. */
  worstMeasuredDownTo?: number;
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
export function calibrationTable(
  comparisons: Comparisons,
  groups: readonly GroupScores[] = [],
): CalibrationTable {
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
  const worst = worstGroups(
    groups,
    table.map(({ score }) => score),
  );
  return {
    table: table.map((point, i) => ({ ...point, ...(worst[i] && { worst: rounded(worst[i]) }) })),
    measuredDownTo: measured.at(-1)?.fmr ?? 1,
    ...(groups.length > 0 && { worstMeasuredDownTo: worstMeasured(worst, groups) }),
  };
}

/** The smallest rate of a worst group that 30 of its pairs support. */
function worstMeasured(worst: readonly (Worst | undefined)[], groups: readonly GroupScores[]): number {
  const pairs = new Map(groups.map(({ name, impostor }) => [name, impostor.score.length]));
  const supported = worst.filter((one) => one && Math.round(one.fmr * pairs.get(one.group)!) >= RULE_OF_30);
  return toFour(supported.at(-1)?.fmr ?? 1);
}

/**
 * The worst group of a mean of several pictures, where its people have one picture each: at the same average rate as with one picture.
 * Measured on East Asian people of LFW with embedding A: 301 times the stated 1 in 10,000 with one picture, 316 with three.
 */
export function withWorstOf(one: CalibrationTable, several: CalibrationTable): CalibrationTable {
  const { worstMeasuredDownTo } = one;
  if (worstMeasuredDownTo === undefined) return several;
  const known = one.table.filter(({ worst, fmr }) => worst !== undefined && fmr > 0);
  const table = several.table.map((point) => {
    const worst = atRate(known, point.fmr);
    return worst === undefined ? point : { ...point, worst: rounded(worst) };
  });
  return { ...several, table, worstMeasuredDownTo };
}

/** Interpolated in the logarithms of the rates; undefined outside of what is known. */
function atRate(known: Table, fmr: number): Worst | undefined {
  const right = known.findIndex((point) => point.fmr <= fmr);
  if (right < 0) return undefined;
  const after = known[right]!;
  const before = known[right - 1] ?? after;
  const share = before.fmr === after.fmr ? 1 : Math.log(fmr / before.fmr) / Math.log(after.fmr / before.fmr);
  const between = (a: number, b: number) => (a <= 0 || b <= 0 ? b : a * (b / a) ** share);
  const [from, to] = [before.worst!, after.worst!];
  return {
    group: to.group,
    fmr: between(from.fmr, to.fmr),
    interval: [between(from.interval[0], to.interval[0]), between(from.interval[1], to.interval[1])],
  };
}

const toFour = (value: number): number => Number(value.toPrecision(4));

const rounded = ({ group, fmr, interval: [low, high] }: Worst): Worst => ({
  group,
  fmr: toFour(fmr),
  interval: [toFour(low), toFour(high)],
});
