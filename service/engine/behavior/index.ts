export type { ChallengeAnswer } from './behavior-challenges/answer-challenge.ts';
export { deleteChallengesOf } from './behavior-challenges/behavior-challenge-store.ts';
export {
  type BehaviorChallenges,
  type ChallengeOptions,
  createBehaviorChallenges,
} from './behavior-challenges/behavior-challenges.ts';
export type { AnswerResult, OpenedChallenge, Shown } from './behavior-challenges/challenge.ts';
export { type BehaviorLayers, createBehaviorLayers } from './behavior-layer/behavior-layers.ts';
export { type BehaviorSettingsOf, createBehaviorSettings } from './behavior-settings/behavior-settings.ts';
export { BehaviorSettings } from './behavior-settings/settings.ts';
export { beat, type HeartbeatState } from './heartbeat.ts';
export { deleteHeartbeatsOf } from './heartbeats/heartbeat-store.ts';
export {
  createHeartbeats,
  type Heartbeat,
  type HeartbeatInput,
  type Heartbeats,
} from './heartbeats/heartbeats.ts';
export { type Judgement, judgeBehavior } from './judge.ts';
export { BehaviorModel, researchModel } from './model/behavior-model.ts';
export { isReplay, vectorFingerprint } from './page-progress.ts';
export { SessionData } from './session-data.ts';
export { type Asked, type Finding, isVerdictToken } from './verdicts/verdict.ts';
export {
  createVerdicts,
  type Redemption,
  type TokenCheck,
  type VerdictRequest,
  type Verdicts,
} from './verdicts/verdicts.ts';
