export { type Checks, type ChecksDeps, createChecks } from './checks.ts';
export type { RefusedNow } from './judge.ts';
export { messageCodeOf } from './message-code.ts';
export {
  createPastVerifications,
  type HourlyCount,
  type PastRequest,
  type PastVerifications,
  sumOf,
} from './past/past-verifications.ts';
export type { OutcomeCount } from './past-verifications-store.ts';
export { createVerificationData, type VerificationDataDeps } from './personal-data.ts';
export { unknowns } from './preview/judge-again.ts';
export type { ProfilePreview } from './preview/preview-profile.ts';
export { createProbePages } from './probe-pages-store.ts';
export type { Writing } from './record-verification.ts';
export type { EnrollCommand, EnrollResult, Verdict, VerifyCommand } from './verdict.ts';
export {
  assurances,
  decisionOf,
  decisions,
  outcomeSentences,
  outcomes,
  outcomesOf,
  type Unverified,
  unverifiedOutcomes,
  type VerificationDecision,
} from './verdict.ts';
export type { JudgedLive, VerifyLive } from './verify-live.ts';
