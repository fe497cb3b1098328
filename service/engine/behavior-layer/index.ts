export type { BehaviorLayers, ChosenLayer } from './behavior-layers.ts';
export { createBehaviorLayers } from './behavior-layers.ts';
