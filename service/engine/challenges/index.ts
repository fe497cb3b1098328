export { blinksIn } from './blink-in-frames.ts';
export type { Challenge, ChallengeProgress, ChallengeResult } from './challenge.ts';
export { createChallenge, frameRequest } from './challenge.ts';
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
export type { CaptureMetadata, ObservedFrame } from './frame-log.ts';
export { movementIn } from './movements/repeats.ts';
export type { RevealedStep } from './step-sequence.ts';
export type { StepName } from './steps/registered-steps.ts';
export { stepNames } from './steps/registered-steps.ts';
export type { ChallengeIdentity, ChallengeModels } from './verdict.ts';
