import { z } from 'zod';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import type { Calibration } from './error-rate.ts';

/**
 * Groups for which a stated false-match rate holds: every measured group of people, or the average over all people that the scorer was measured
 * with.
 */
export const HoldsFor = z
  .enum(['every-group', 'average'])
  .describe(
    'Groups for which the false-match rate holds: `every-group`, people of every group that was measured; `average`, all people measured together',
  );
export type HoldsFor = z.infer<typeof HoldsFor>;

/** Completes a rate in English: "1 in 1,000" + " " + `heldForText[holdsFor]`. */
export const heldForText: Readonly<Record<HoldsFor, string>> = {
  'every-group': 'for every measured group',
  average: 'on average',
};

/** A scorer, and the groups for which the rates of its tables hold; `average` where absent. */
export interface Scorer extends ScorerEntry {
  holdsFor?: HoldsFor;
  /** Of a rate asked for, the share that its tables hold (`forSuperseded`); all of it where absent. */
  share?: number;
}

type Measured = Pick<ScorerEntry['calibration'], 'table' | 'worstMeasuredDownTo'>;

/** Of a rate for every group, what a superseded scorer holds on average (docs/decisions/0041). */
const SUPERSEDED_SHARE = 0.1;

/**
 * The scorer with tables of the worst measured group in place of the average, and the same object each time. A scorer that was not
 * measured by groups stays as it is: what is said of it then is `average`.
 */
export const forEveryGroup = once((scorer): Scorer => {
  const { calibration } = scorer;
  const one = tableForEveryGroup(calibration);
  const several = calibration.several?.map((table) => ({ table, every: tableForEveryGroup(table) }));
  if (!one || several?.some(({ every }) => !every)) return scorer;
  return {
    ...scorer,
    holdsFor: 'every-group',
    calibration: {
      ...calibration,
      ...one,
      ...(several && { several: several.map(({ table, every }) => ({ ...table, ...every })) }),
    },
  };
});

/**
 * The scorer with tables that answer a rate for every group with the threshold of its tenth on average, and the same object each time.
 * All that compares by these tables follows; a rate that is shown is `heldRate`.
 */
const forSuperseded = once((scorer): Scorer => {
  const scaled = <T extends Calibration>(measured: T): T => ({
    ...measured,
    table: measured.table.map((point) => ({ ...point, fmr: Math.min(1, point.fmr / SUPERSEDED_SHARE) })),
    measuredDownTo: Math.min(1, measured.measuredDownTo / SUPERSEDED_SHARE),
  });
  const { several, ...one } = scorer.calibration;
  return {
    ...scorer,
    share: SUPERSEDED_SHARE,
    calibration: { ...scaled(one), ...(several && { several: several.map(scaled) }) },
  };
});

function once(of: (scorer: ScorerEntry) => Scorer): (scorer: ScorerEntry) => Scorer {
  const known = new WeakMap<ScorerEntry, Scorer>();
  return (scorer) => {
    const made = known.get(scorer) ?? of(scorer);
    known.set(scorer, made);
    return made;
  };
}

/** The table with the rate of the worst group in place of the average; undefined where no groups were measured. */
export function tableForEveryGroup({ table, worstMeasuredDownTo }: Measured): Calibration | undefined {
  if (worstMeasuredDownTo === undefined) return undefined;
  return {
    table: table.map((point) => ({ ...point, fmr: point.worst?.fmr ?? 0 })),
    measuredDownTo: worstMeasuredDownTo,
  };
}

/** Groups for which the rates of one scorer hold. */
export const heldBy = ({ holdsFor = 'average' }: Scorer): HoldsFor => holdsFor;

/** The rate that the scorer's threshold for `rate` holds, for the groups that `heldBy` says. */
export const heldRate = ({ share = 1 }: Pick<Scorer, 'share'>, rate: number): number => rate * share;

/** Groups for which a rate holds where any of these scorers may compare: every group only if each of them was measured by groups. */
export const heldByAll = (scorers: readonly [Scorer, ...Scorer[]]): HoldsFor =>
  scorers.every((scorer) => heldBy(scorer) === 'every-group') ? 'every-group' : 'average';

/**
 * The scorers as a rate is to hold for. By a superseded one people are compared who have no other templates yet: at the rate for every
 * group it would refuse many of them, so that it holds a tenth on average, unless it is `chosen`.
 */
export const holdingFor = (
  scorers: readonly ScorerEntry[],
  heldFor: HoldsFor = 'average',
  chosen?: ScorerEntry['id'],
): Scorer[] =>
  heldFor === 'average'
    ? [...scorers]
    : scorers.map((scorer) =>
        scorer.supersededBy === undefined || scorer.id === chosen
          ? forEveryGroup(scorer)
          : forSuperseded(scorer),
      );

/** How faces are compared. */
export interface MatchPlan {
  /** The best last; each compares only templates that have all its embeddings. */
  scorers: [Scorer, ...Scorer[]];
}

/** The embedders by which candidates of a search are found: the first of each scorer, so that no person is left out that one can compare. */
export const searchedBy = ({ scorers }: MatchPlan): string[] => [
  ...new Set(scorers.flatMap(({ terms }) => terms[0]?.model ?? [])),
];

/** The embedder whose vector stands for a face where one has to: the best scorer's. */
export const mainEmbedder = ({ scorers }: MatchPlan): string => scorers.at(-1)!.terms[0]!.model;
