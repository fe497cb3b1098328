import { createRandom } from '../../random.ts';
import { mean, quantile } from '../figures.ts';
import { zeroForOthers } from '../training/zero-for-others.ts';

interface ScoredWindow {
  person: string;
  z: number;
}

/** Shares from 0 to 1. */
export interface Halves {
  /** Of the windows of people who are not in the half that placed the zero: mean, and what 95 of 100 halves do not exceed. */
  people: number;
  most: number;
  /** Of the windows of programs, mean. */
  programs: number;
}

const TIMES = 40;

/**
 * A zero from one half of the people, judged on the other, for many random halves and both ways: of a single division a few windows
 * decide. NaN for fewer than two people.
 */
export function judgeHalves(windows: readonly ScoredWindow[], programs: readonly number[]): Halves {
  const people = [...Map.groupBy(windows, ({ person }) => person).values()];
  if (people.length < 2) return { people: Number.NaN, most: Number.NaN, programs: Number.NaN };
  const random = createRandom(3);
  const pairs = Array.from({ length: TIMES }, () => halvesOf(people, random)).flatMap(
    ([one, other]): [ScoredWindow[], ScoredWindow[]][] => [
      [one, other],
      [other, one],
    ],
  );
  const below = (values: readonly number[], limit: number): number =>
    values.filter((z) => z < limit).length / values.length;
  const judged = pairs.map(([confirmed, others]) => {
    const zero = zeroForOthers(confirmed);
    return {
      people: below(
        others.map(({ z }) => z),
        zero,
      ),
      programs: below(programs, zero),
    };
  });
  const shares = judged.map((one) => one.people);
  return {
    people: mean(shares),
    most: quantile(shares, 0.95),
    programs: mean(judged.map((one) => one.programs)),
  };
}

function halvesOf(people: readonly ScoredWindow[][], random: () => number): [ScoredWindow[], ScoredWindow[]] {
  const mixed = people
    .map((own) => ({ own, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ own }) => own);
  const middle = Math.floor(mixed.length / 2);
  return [mixed.slice(0, middle).flat(), mixed.slice(middle).flat()];
}
