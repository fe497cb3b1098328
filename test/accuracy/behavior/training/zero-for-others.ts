import { createSeededDraws } from './seeded-draws.ts';

const PEOPLE_BELOW_ZERO = 0.01;
const DRAWS = 200;
/** A quarter: of 60 drawn people it has 1 % of others below it. One person of up to 200 can move it alone, then; of the plain quantile, of up to 100. */
const CAUTION = 1 / 4;

/**
 * The plain 1 % quantile of some people has more than 1 % of other people below it: few of them make the lowest hundredth. So people
 * are drawn with replacement (bootstrap over people, the same draws each time), and the lower quarter of the quantiles of the draws
 * is taken where it is lower (docs/decisions/0035). NaN without a window.
 */
export function zeroForOthers(windows: readonly { person: string; z: number }[]): number {
  const people = [...Map.groupBy(windows, ({ person }) => person)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, own]) => own);
  const lowest = people
    .flatMap((own, at) => own.map(({ z }) => ({ at, z, weight: 1 / own.length })))
    .sort((a, b) => a.z - b.z);
  const quantileOf = (times: ArrayLike<number>): number => {
    let below = 0;
    for (const { at, z, weight } of lowest) {
      below += times[at]! * weight;
      if (below >= PEOPLE_BELOW_ZERO * people.length) return z;
    }
    return Number.NaN;
  };
  const draw = drawing(people.length);
  const drawn = Array.from({ length: DRAWS }, () => quantileOf(draw())).sort((a, b) => a - b);
  return Math.min(quantileOf(new Float64Array(people.length).fill(1)), drawn[Math.floor(CAUTION * DRAWS)]!);
}

/** How often each of them comes in a draw with replacement; the same draws in each run. */
function drawing(people: number): () => Uint32Array {
  const draw = createSeededDraws(7);
  return () => {
    const times = new Uint32Array(people);
    for (let i = 0; i < people; i++) times[draw(people)]! += 1;
    return times;
  };
}
