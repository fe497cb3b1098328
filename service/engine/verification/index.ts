export { type Checks, type ChecksDeps, createChecks } from './checks.ts';
export {
  decisionOf,
  decisions,
  outcomeSentences,
  outcomesOf,
  type Unverified,
  unverifiedOutcomes,
  type VerificationDecision,
  type VerificationOutcome,
} from './outcome.ts';
export type { PastVerification, WholeVerification } from './past/past-verification.ts';
export {
  type Circumstances,
  createPastVerifications,
  type HourlyCount,
  type PastOrder,
  type PastVerifications,
  sumOf,
} from './past/past-verifications.ts';
export type { OutcomeCount } from './past-verifications-store.ts';
export { createVerificationData, type VerificationDataDeps } from './personal-data.ts';
export type { ProfileCalibration } from './preview/calibration-of-profile.ts';
export { unknowns } from './preview/judge-again.ts';
export type { ProfilePreview } from './preview/preview-profile.ts';
export { createProbePages } from './probe-pages-store.ts';
export type { Writing } from './record-verification.ts';
export type { EnrollCommand, EnrollResult, Verdict, VerifyCommand } from './verdict.ts';
export type { JudgedLive, LiveOrder, VerifyLive } from './verify-live.ts';
