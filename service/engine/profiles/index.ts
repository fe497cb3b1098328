export { allowedOf, profileNamed, requireAllowed } from './allowed-profiles.ts';
export { builtInProfiles } from './built-in-profiles.ts';
export type { ModelPlan } from './model-plan.ts';
export { planMatching, planModels } from './model-plan.ts';
export type { Profile } from './profile.ts';
export { ProfileDefinition } from './profile.ts';
export type { Profiles } from './profiles.ts';
export { createProfiles } from './profiles.ts';
