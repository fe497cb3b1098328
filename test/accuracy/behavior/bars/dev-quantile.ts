import { sumOfStumps } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { personOf, siteOf } from '../sets/data-set.ts';
import { type Fitted, FOLDS, fitStumps } from '../training/train-behavior-model.ts';
import { isFullWindow, type TrainingWindow } from '../training/training-window.ts';
import { zeroForOthers } from '../training/zero-for-others.ts';
import type { BehaviorWindow } from '../windows.ts';

const PEOPLE_BELOW = 0.01;
const FEWEST_FOR_ZERO = 50;

export interface DevQuantiles {
  /** Of all people of training together: the dev 1 % threshold of BEHAVIOR.md §6.6. */
  pooled: number;
  /** For people who come later, of the site whose people score lowest: what the product takes as zero (`z0`). */
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
      .filter((one) => isHeld(one) && isFullWindow(one.data))
      .map((one) => ({
        site: siteOf(one.set),
        person: personOf(one),
        z: sumOfStumps(one.data.mouse, weights),
      }));
  }).flat();
  const pooled = lowestHundredth(scores.map(({ z }) => z));
  const sites = [...Map.groupBy(scores, ({ site }) => site).values()].filter(
    ({ length }) => length >= FEWEST_FOR_ZERO,
  );
  const ofSites = sites.map(zeroForOthers);
  return { pooled, lowest: ofSites.length === 0 ? pooled : Math.min(...ofSites) };
}

/** As the product fits, sites in place of sets. */
export const fitOn = (windows: readonly BehaviorWindow[]): Fitted =>
  fitStumps(
    windows.map((one) => ({ ...one, set: siteOf(one.set), data: one.data as TrainingWindow['data'] })),
  );

/** The lowest value at or below which a hundredth lies. */
function lowestHundredth(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(PEOPLE_BELOW * sorted.length) - 1)] ?? Number.NaN;
}
