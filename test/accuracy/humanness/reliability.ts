import { probabilityOf } from '../logistic.ts';
import { type Combination, logOdds, type WeightedSession } from './fit.ts';

/** Sessions whose score lies between `from` and the next row's. */
export interface ReliabilityRow {
  from: number;
  people: number;
  attacks: number;
  /** Weighted mean of the scores. */
  meant: number;
  /** Weighted share of living humans. */
  was: number;
  weight: number;
}

export interface Reliability {
  sessions: number;
  /** Expected calibration error: weighted mean of |meant − was|. */
  error: number;
  brier: number;
  /** Chance that a person is above an attack. */
  area: number;
  rows: ReliabilityRow[];
}

const EDGES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** The probability that the combination gives a session. */
export const scoreOf = ({ base, ...weights }: Combination, one: Pick<WeightedSession, 'liveness' | 'pad'>) =>
  probabilityOf(
    base + weights.liveness * logOdds(one.liveness) + (weights.pad ?? 0) * logOdds(one.pad ?? 0.5),
  );

/** How far scores mean what they say; the weights are used as they are, and scaled to 1. */
export function reliabilityOf(sessions: readonly WeightedSession[], combination: Combination): Reliability {
  const scored = sessions.map((one) => ({ ...one, score: scoreOf(combination, one) }));
  return reliabilityOfScores(scored);
}

export function reliabilityOfScores(scored: readonly (WeightedSession & { score: number })[]): Reliability {
  const whole = sum(scored.map(({ weight }) => weight));
  const rows = EDGES.flatMap((from, i): ReliabilityRow[] => {
    const inside = scored.filter(
      ({ score }) => score >= from && score < (EDGES[i + 1] ?? Number.POSITIVE_INFINITY),
    );
    const weight = sum(inside.map((one) => one.weight));
    if (weight === 0) return [];
    return [
      {
        from,
        people: inside.filter(({ human }) => human).length,
        attacks: inside.filter(({ human }) => !human).length,
        meant: sum(inside.map((one) => one.weight * one.score)) / weight,
        was: sum(inside.map((one) => (one.human ? one.weight : 0))) / weight,
        weight: weight / whole,
      },
    ];
  });
  return {
    sessions: scored.length,
    error: sum(rows.map(({ weight, meant, was }) => weight * Math.abs(meant - was))),
    brier: sum(scored.map(({ weight, score, human }) => weight * (score - (human ? 1 : 0)) ** 2)) / whole,
    area: areaOf(scored),
    rows,
  };
}

function areaOf(scored: readonly (WeightedSession & { score: number })[]): number {
  const sorted = scored.toSorted((a, b) => a.score - b.score);
  let [below, area] = [0, 0];
  for (const [, tied] of Map.groupBy(sorted, ({ score }) => score)) {
    const attacks = sum(tied.map(({ human, weight }) => (human ? 0 : weight)));
    area += sum(tied.map(({ human, weight }) => (human ? weight * (below + attacks / 2) : 0)));
    below += attacks;
  }
  const people = sum(scored.map(({ human, weight }) => (human ? weight : 0)));
  return people === 0 || below === 0 ? Number.NaN : area / people / below;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
