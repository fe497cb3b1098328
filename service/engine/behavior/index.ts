export { type Beat, beat, type HeartbeatState } from './heartbeat.ts';
export { type JudgeContext, type Judgement, judgeBehavior } from './judge.ts';
export { BehaviorModel, researchModel } from './model/behavior-model.ts';
export {
  type FirstSight,
  followPage,
  isReplay,
  type PageProgress,
  vectorFingerprint,
} from './page-progress.ts';
export { behaviorRules } from './rules.ts';
export { SessionData } from './session-data.ts';
