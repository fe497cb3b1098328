export type { BehaviorLayers, ChosenLayer } from './behavior-layers.ts';
export { createBehaviorLayers } from './behavior-layers.ts';
export type { ConfirmedPerson } from './confirmed.ts';
export { createBehaviorData } from './personal-data.ts';
