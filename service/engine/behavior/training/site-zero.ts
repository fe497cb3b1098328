import { Problem } from '../../../lib/problem.ts';
import { type BehaviorModel, FULL_MOVEMENTS } from '../model/behavior-model.ts';
import { sumOfStumps } from '../model/score-mouse.ts';
import type { SessionData } from '../session-data.ts';

/** A window of a person, confirmed by a face or a passkey. */
export interface ConfirmedWindow {
  person: string;
  data: Pick<SessionData, 'mouse' | 'winMs'>;
}

/** Zero of a learned layer on a site's own people. */
export interface SiteZero {
  z0: number;
  windows: number;
  people: number;
}

/** Fewer say nothing about the hundredth that is lowest, or let one person set it. */
export const FEWEST_WINDOWS = 500;
export const FEWEST_PEOPLE = 30;
/** From the zero of the weights: people of a site do not differ more, so that more is a fault, or an attack. */
const MOST_DRIFT = 1.5;
const FULL_WINDOW_MS = 20_000;
const PEOPLE_BELOW_ZERO = 0.01;

/**
 * The 1 % quantile of z over half-minute windows with eight movements, every person of the same weight, placed for people who are not
 * among these (`zeroForOthers`). Throws CONFLICT where there are too few, or where it lies too far from the model's own zero.
 */
export function siteZero(model: BehaviorModel, confirmed: readonly ConfirmedWindow[]): SiteZero {
  return zeroOfPeople(
    model,
    confirmed.flatMap(({ person, data }) => {
      const z = scoreOfPerson(model, data);
      return z === undefined ? [] : [{ person, z }];
    }),
  );
}

/** Undefined for a window that measured too little. */
export const scoreOfPerson = (
  model: BehaviorModel,
  { mouse, winMs }: ConfirmedWindow['data'],
): number | undefined =>
  mouse.n >= FULL_MOVEMENTS && winMs >= FULL_WINDOW_MS ? sumOfStumps(mouse, model) : undefined;

/** The same of windows that are scored already. */
export function zeroOfPeople(
  model: Pick<BehaviorModel, 'z0'>,
  full: readonly { person: string; z: number }[],
): SiteZero {
  const [windows, people] = [full.length, new Set(full.map(({ person }) => person)).size];
  if (windows < FEWEST_WINDOWS || people < FEWEST_PEOPLE)
    throw new Problem(
      'CONFLICT',
      `The zero of a site needs at least ${FEWEST_WINDOWS} windows of 20 s with eight movements, of ${FEWEST_PEOPLE} people; there are ${windows} of ${people}.`,
    );
  const z0 = zeroForOthers(full);
  refuseFarZero(model, z0);
  return { z0: Math.round(z0 * 1e4) / 1e4, windows, people };
}

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

/** How often each of them comes in a draw with replacement; the same draws in each run (linear congruence). */
function drawing(people: number): () => Uint32Array {
  let state = 7;
  return () => {
    const times = new Uint32Array(people);
    for (let i = 0; i < people; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      times[Math.floor((state / 2 ** 32) * people)]! += 1;
    }
    return times;
  };
}

/** Throws CONFLICT. */
export function refuseFarZero({ z0: own }: Pick<BehaviorModel, 'z0'>, z0: number): void {
  const drift = z0 - own;
  if (Math.abs(drift) <= MOST_DRIFT) return;
  throw new Problem(
    'CONFLICT',
    `The zero of this site, ${z0.toFixed(2)}, is ${Math.abs(drift).toFixed(2)} from that of the weights; at most ${MOST_DRIFT} is taken over. Look for windows that programs made, or train weights of your own.`,
  );
}
