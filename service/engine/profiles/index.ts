export { allowedOf, profileNamed, requireAllowed } from './allowed-profiles.ts';
export { builtInProfiles } from './built-in-profiles.ts';
export {
  CaptureSource,
  requireSource,
  sourceOfFrames,
  sourceOfPictures,
  takesSource,
} from './capture-source.ts';
export type { ModelPlan, RatesHold } from './model-plan.ts';
export {
  circumstancesIn,
  enrollmentEmbedders,
  planMatching,
  planModels,
  ratesHoldFor,
  scorersOf,
} from './model-plan.ts';
export type { Profile } from './profile.ts';
export { ProfileDefinition } from './profile.ts';
export type { ProfileVersion, ProfileVersions } from './profile-versions.ts';
export type { Profiles } from './profiles.ts';
export { createProfiles } from './profiles.ts';
export { validProfile } from './valid-profile.ts';
