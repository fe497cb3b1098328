export type { ChallengeAnswer } from './answer-challenge.ts';
export { deleteChallengesOf } from './behavior-challenge-store.ts';
export {
  type BehaviorChallenges,
  type BehaviorChallengesDeps,
  type ChallengeOrder,
  createBehaviorChallenges,
} from './behavior-challenges.ts';
export type { AnswerResult, OpenedChallenge, Shown } from './challenge.ts';
