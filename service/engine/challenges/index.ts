export { blinksIn } from './blink-in-frames.ts';
export type { CaptureMetadata } from './camera-signals.ts';
export type { Challenge, ChallengeProgress } from './challenge.ts';
export { createChallenge } from './challenge.ts';
export type { ChallengeRules, SuspectCamera, Undecided, WithoutMotion } from './challenge-rules.ts';
export {
  ChallengeSettings,
  challengeRules,
  defaultChallenge,
  turnSteps,
} from './challenge-rules.ts';
export { type Challenges, createChallenges } from './challenges.ts';
export type { Assurance, ChallengePath, DrawnChallenge, DrawnStep } from './draw-challenge.ts';
export { drawChallenge } from './draw-challenge.ts';
export type { ChallengeReason, Evidence, TryAgain } from './evidence.ts';
export { tryAgainAfter } from './evidence.ts';
export type { ObservedFrame } from './frame-log.ts';
export { frameRequest } from './frame-request.ts';
export type { ChallengeIdentity } from './identity.ts';
export { movementIn } from './movements/judge-repeats.ts';
export type { ChallengeResult } from './outcome.ts';
export type { RevealedStep } from './step-sequence.ts';
export type { StepName } from './steps/registered-steps.ts';
export { stepNames } from './steps/registered-steps.ts';
export type { ChallengeModels } from './verdict.ts';
