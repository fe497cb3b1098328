import { type BehaviorModel, boostStumps } from '../../../../service/engine/behavior/index.ts';
import { FULL_MOVEMENTS, mouseFeatures } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { inputsOf, sumOfStumps } from '../../../../service/engine/behavior/model/score-mouse.ts';
import { personOf, siteOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';

/** As `trainBehaviorModel` trains. */
const FOLDS = 5;
const BOOST = { rounds: 1_000, rate: 0.15, share: 0.12 };
const FULL_WINDOW_MS = 20_000;
const PEOPLE_BELOW = 0.01;
const FEWEST_FOR_ZERO = 50;

/** Weights without what is fitted besides: where the zero lies is a question of its own here. */
export type Fitted = Pick<BehaviorModel, 'medians' | 'bias' | 'stumps'>;

export interface DevQuantiles {
  /** Of all people of training together: the dev 1 % threshold of BEHAVIOR.md §6.6. */
  pooled: number;
  /** Of the site whose people score lowest: what the product takes as zero (`z0`). */
  lowest: number;
}

/** The 1 % quantiles of z of the people of training, each scored by weights that have not seen the person. */
export function devQuantiles(windows: readonly BehaviorWindow[]): DevQuantiles {
  const people = windows.filter((one) => one.label === 'human' && !one.thinned);
  const persons = [...new Set(people.map(personOf))].toSorted();
  const scores = Array.from({ length: FOLDS }, (_, fold) => {
    const held = new Set(persons.filter((_name, i) => i % FOLDS === fold));
    if (held.size === 0) return [];
    const isHeld = (one: BehaviorWindow) => one.label === 'human' && held.has(personOf(one));
    const weights = fitOn(windows.filter((one) => !isHeld(one)));
    return people
      .filter((one) => isHeld(one) && isFull(one))
      .map(({ set, data }) => ({ site: siteOf(set), z: sumOfStumps(data.mouse, weights) }));
  }).flat();
  const pooled = lowestHundredth(scores.map(({ z }) => z));
  const sites = [...Map.groupBy(scores, ({ site }) => site).values()].filter(
    ({ length }) => length >= FEWEST_FOR_ZERO,
  );
  const ofSites = sites.map((own) => lowestHundredth(own.map(({ z }) => z)));
  return { pooled, lowest: ofSites.length === 0 ? pooled : Math.min(...ofSites) };
}

const isFull = ({ data }: BehaviorWindow): boolean =>
  data.mouse.n >= FULL_MOVEMENTS && data.winMs >= FULL_WINDOW_MS;

export function fitOn(windows: readonly BehaviorWindow[]): Fitted {
  const medians = mouseFeatures.map((name) => middleOf(windows.map(({ data }) => data.mouse[name])));
  const rows = windows.map(({ data }) => inputsOf(data.mouse, medians));
  const isHuman = windows.map(({ label }) => label === 'human');
  return { medians, ...boostStumps(rows, isHuman, { ...BOOST, weights: weightsOf(windows) }) };
}

/** People and programs weigh the same; within each, every site or generator; within that, windows by their movements. */
function weightsOf(windows: readonly BehaviorWindow[]): Float64Array {
  const groupOf = ({ label, set, generator, thinned }: BehaviorWindow) =>
    `${label}/${label === 'human' ? siteOf(set) : (generator ?? 'unknown')}/${thinned === true}`;
  const own = windows.map(({ data }) => Math.min(1, data.mouse.n / FULL_MOVEMENTS));
  const sums = new Map<string, number>();
  for (const [i, one] of windows.entries()) {
    const group = groupOf(one);
    sums.set(group, (sums.get(group) ?? 0) + own[i]!);
  }
  const groups = { human: 0, bot: 0 };
  for (const group of sums.keys()) groups[group.startsWith('human/') ? 'human' : 'bot'] += 1;
  return Float64Array.from(windows, (one, i) => own[i]! / sums.get(groupOf(one))! / groups[one.label]);
}

/** The lowest value at or below which a hundredth lies, as the product takes it. */
function lowestHundredth(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(PEOPLE_BELOW * sorted.length) - 1)] ?? Number.NaN;
}

function middleOf(values: readonly (number | null | undefined)[]): number {
  const known = values.filter((one) => one !== null && one !== undefined).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}
