import { type BehaviorModel, researchModel, SessionData } from '../../../../service/engine/behavior/index.ts';
import { scoreMouse, zeroOf } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { siteOf } from '../sets/data-set.ts';
import { trainBehaviorModel } from '../training/train-behavior-model.ts';
import { withKin } from '../training-windows.ts';
import type { BehaviorWindow } from '../windows.ts';
import { isFull } from './bar.ts';

/** What the learned layer is not trained on, besides the held-out half and replays. */
export interface Without {
  generators?: readonly string[];
  /** Whose people are left out. */
  sites?: readonly string[];
}

export const heldOutPeople = (windows: readonly BehaviorWindow[]): BehaviorWindow[] =>
  windows.filter((window) => isFull(window) && window.label === 'human' && window.half === 'held-out');

/** Shorter windows are alike, and a tenth of a second of a person says little. */
const SHORTEST = 3_000;

/** Of people of the sites that the shipped weights were trained on: others are outside here too. */
export const trainingWindows = (
  windows: readonly BehaviorWindow[],
  { generators = [], sites = [] }: Without,
): BehaviorWindow[] =>
  windows.filter(
    ({ half, label, set, generator, lengthMs, data }) =>
      half === 'dev' &&
      lengthMs >= SHORTEST &&
      data.mouse.n > 0 &&
      !(
        label === 'human' &&
        (sites.includes(siteOf(set)) || !researchModel.trained.on.includes(siteOf(set)))
      ) &&
      !(generator !== null && generators.includes(generator)),
  );

function trainWithout(
  windows: readonly BehaviorWindow[],
  generators: readonly string[],
  date: string,
): BehaviorModel {
  return trainBehaviorModel(
    trainingWindows(windows, { generators }).map(
      ({ label, set, person, generator, thinned = false, data }) => ({
        label,
        set: siteOf(set),
        generator,
        thinned,
        person,
        data: SessionData.parse(data),
      }),
    ),
    { id: ['measured', ...generators].join('-').slice(0, 60), at: date },
  );
}

/** Higher is more like a person; below 0 it is less than 99 % of the people of training. Undefined without a movement. */
export function marginOf({ data }: BehaviorWindow, model: BehaviorModel, z0 = model.z0): number | undefined {
  const scored = scoreMouse(SessionData.parse(data), model);
  return scored && scored.z - zeroOf(data.mouse.n, model, z0);
}

export const marginsOf = (windows: readonly BehaviorWindow[], model: BehaviorModel): number[] =>
  windows.map((window) => marginOf(window, model)).filter((margin) => margin !== undefined);

/** Weights that were trained without a generator and its kin. */
export type ModelWithout = (generator: string) => BehaviorModel;

/** Each is trained once, when it is first asked for. */
export function modelsWithout(windows: readonly BehaviorWindow[], date: string): ModelWithout {
  const trained = new Map<string, BehaviorModel>();
  return (generator) => {
    const known = trained.get(generator) ?? trainWithout(windows, withKin(generator), date);
    trained.set(generator, known);
    return known;
  };
}
