export { type BehaviorSettingsOf, createBehaviorSettings } from './behavior-settings.ts';
export { BehaviorSettings } from './settings.ts';
