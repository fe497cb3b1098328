export { type Beat, beat, type HeartbeatState } from './heartbeat.ts';
export { type JudgeContext, type Judgement, judgeBehavior } from './judge.ts';
export { BehaviorModel } from './model/behavior-model.ts';
export { researchModel } from './model/research-model.ts';
export { followPage, type PageProgress } from './page-progress.ts';
export { type FirstSight, isReplay, vectorFingerprint } from './replay.ts';
export { behaviorRules } from './rules.ts';
export { SessionData } from './session-data.ts';
export { boostStumps } from './training/boost-stumps.ts';
export { programWindows } from './training/program-windows.ts';
export {
  type ConfirmedWindow,
  FEWEST_PEOPLE,
  FEWEST_WINDOWS,
  refuseFarZero,
  type SiteZero,
  scoreOfPerson,
  siteZero,
  zeroOfPeople,
} from './training/site-zero.ts';
export { trainBehaviorModel } from './training/train-behavior-model.ts';
export type { TrainingWindow } from './training/training-window.ts';
export { zeroForOthers } from './training/zero-for-others.ts';
