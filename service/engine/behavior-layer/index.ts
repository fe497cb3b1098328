export type { BehaviorLayers, ChosenLayer, SiteFigures } from './behavior-layers.ts';
export { createBehaviorLayers } from './behavior-layers.ts';
