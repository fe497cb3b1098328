export { builtInProfiles, validProfile } from './built-in-profiles.ts';
export {
  CaptureSource,
  requireSource,
  sourceOfFrames,
  sourceOfPictures,
  takesSource,
} from './capture-source.ts';
export {
  circumstancesIn,
  enrollmentEmbedders,
  type ModelPlan,
  planMatching,
  planModels,
  type RatesHold,
  ratesHoldFor,
  scorersOf,
} from './model-plan.ts';
export { allowedOf, type Profile, ProfileDefinition, profileNamed, requireAllowed } from './profile.ts';
export type { ProfileVersion, ProfileVersions } from './profile-versions.ts';
export { createProfiles, type Profiles } from './profiles.ts';
