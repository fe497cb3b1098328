export { type BehaviorSettingsOf, createBehaviorSettings } from './behavior-settings.ts';
