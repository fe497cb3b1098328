export { type Beat, beat, type HeartbeatState } from './heartbeat.ts';
export { type JudgeContext, type Judgement, judgeBehavior } from './judge.ts';
export { BehaviorModel, researchModel } from './model/behavior-model.ts';
export { followPage, type PageProgress } from './page-progress.ts';
export { type FirstSight, isReplay, vectorFingerprint } from './replay.ts';
export { behaviorRules } from './rules.ts';
export { SessionData } from './session-data.ts';
