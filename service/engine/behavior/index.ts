export { type Beat, beat, type HeartbeatState } from './heartbeat.ts';
export { type JudgeContext, type Judgement, judgeBehavior } from './judge.ts';
export { BehaviorModel } from './model/behavior-model.ts';
export { type FirstSight, isReplay, vectorFingerprint } from './replay.ts';
export { behaviorRules } from './rules.ts';
export { SessionData } from './session-data.ts';
