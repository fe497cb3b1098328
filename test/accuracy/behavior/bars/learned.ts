import { type BehaviorModel, SessionData, scoreMouse, trainBehaviorModel } from '../../../../service/engine/behavior/index.ts';
import type { BehaviorWindow } from '../windows.ts';
import { isFull } from './bar.ts';

/** What the learned layer is trained on: the `dev` half, without generators and sets that are to be unseen, and never replays. */
export interface Without {
  generators?: readonly string[];
  /** Data sets whose people are left out. */
  people?: readonly string[];
}

export const heldOutPeople = (windows: readonly BehaviorWindow[]): BehaviorWindow[] =>
  windows.filter((window) => isFull(window) && window.label === 'human' && window.half === 'held-out');

export function trainWithout(
  windows: readonly BehaviorWindow[],
  { generators = [], people = [] }: Without,
  date: string,
): BehaviorModel {
  const used = windows.filter(
    ({ half, label, set, generator, data }) =>
      half === 'dev' &&
      data.mouse.n > 0 &&
      !(label === 'human' && people.includes(set)) &&
      !(generator !== null && generators.includes(generator)),
  );
  return trainBehaviorModel(
    used.map((window) => ({ ...window, data: SessionData.parse(window.data) })),
    { id: ['measured', ...generators, ...people].join('-').slice(0, 60), at: date },
  );
}

/** Higher is more like a person; undefined without a movement. */
export const zOf = ({ data }: BehaviorWindow, model: BehaviorModel): number | undefined =>
  scoreMouse(SessionData.parse(data), model)?.z;

export const zsOf = (windows: readonly BehaviorWindow[], model: BehaviorModel): number[] =>
  windows.map((window) => zOf(window, model)).filter((z) => z !== undefined);
