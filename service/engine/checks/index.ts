export type { CheckName, CheckResult } from './check.ts';
export { checkNames } from './check.ts';
export type { Checks, ChecksDeps } from './checks.ts';
export { createChecks } from './checks.ts';
export type { DeviceInfo } from './device-consistency.ts';
export { type Calibration, thresholdForFalseMatchRate } from './error-rate.ts';
export { qualityComponents } from './face-quality.ts';
export { isLenient } from './lenient-liveness.ts';
export type { GalleryShifts } from './matching.ts';
export { createProbePages } from './probe-pages-store.ts';
export type { Profile } from './profile.ts';
export { ProfileDefinition } from './profile.ts';
export type { Profiles } from './profiles.ts';
export { createProfiles } from './profiles.ts';
export type {
  Assurance,
  EnrollCommand,
  EnrollResult,
  Identification,
  Match,
  Place,
  Verdict,
  VerifyCommand,
} from './verdict.ts';
