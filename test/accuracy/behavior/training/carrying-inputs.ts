import { mouseFeatures } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { isFullWindow, type TrainingWindow } from './training-window.ts';

/** By how much two sets of people may lie further apart than people and programs; 1 is apart without an overlap. */
const MOST_APART = 0.2;
/** Fewer say nothing about how far two groups lie apart. */
const FEWEST = 30;

/**
 * Inputs, by their place in `mouseFeatures`, that say more about programs than about where a person was recorded. One by which two
 * sets of people lie further apart than people and programs names the recorder or the task: a program is like it on one site and
 * unlike it on the next (docs/decisions/0035). All of them where the people are of one set. Distance is |2 · AUC − 1|.
 */
export function carryingInputs(windows: readonly TrainingWindow[]): number[] {
  const full = windows.filter(({ thinned, data }) => !thinned && isFullWindow(data));
  const people = full.filter(({ label }) => label === 'human');
  const programs = full.filter(({ label }) => label === 'bot');
  const sets = [...Map.groupBy(people, ({ set }) => set).values()];
  const inputs = mouseFeatures.map((name) => {
    const valuesOf = (some: readonly TrainingWindow[]) => measured(some, name);
    const bySet = sets.map(valuesOf);
    const ofSets = bySet.flatMap((own, i) => bySet.slice(i + 1).map((other) => distance(own, other)));
    return Math.max(0, ...ofSets) <= distance(valuesOf(people), valuesOf(programs)) + MOST_APART;
  });
  return inputs.flatMap((carries, input) => (carries ? [input] : []));
}

const measured = (windows: readonly TrainingWindow[], name: (typeof mouseFeatures)[number]): number[] =>
  windows.flatMap(({ data }) => data.mouse[name] ?? []);

/** 0: alike; 1: every value of one lies beyond every value of the other. By the sum of ranks; values that are alike share theirs. */
function distance(one: readonly number[], other: readonly number[]): number {
  if (one.length < FEWEST || other.length < FEWEST) return 0;
  const all = [
    ...one.map((value) => ({ value, own: 1 })),
    ...other.map((value) => ({ value, own: 0 })),
  ].toSorted((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0, to = 0; from < all.length; from = to) {
    let own = 0;
    for (; all[to]?.value === all[from]!.value; to++) own += all[to]!.own;
    ranks += (own * (from + to + 1)) / 2;
  }
  const wins = ranks - (one.length * (one.length + 1)) / 2;
  return Math.abs((2 * wins) / (one.length * other.length) - 1);
}
