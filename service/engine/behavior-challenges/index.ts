export type { ChallengeAnswer } from './answer-challenge.ts';
export { deleteChallengesOf } from './behavior-challenge-store.ts';
export type {
  BehaviorChallenges,
  BehaviorChallengesDeps,
  ChallengeOrder,
} from './behavior-challenges.ts';
export { createBehaviorChallenges } from './behavior-challenges.ts';
export type { AnswerResult, OpenedChallenge, Shown } from './challenge.ts';
