export { applyRule, type CheckResult, checksWithInput, hardFailures, whenMissing } from './apply-rule.ts';
export { BLACK_AND_WHITE, isBlackAndWhite } from './black-and-white.ts';
export type { DeviceInfo, Earlier, Place, Probe } from './circumstances.ts';
export { composite } from './composite.ts';
export { compositeReason, lowestOf } from './composite-reason.ts';
export type { QualityComponent, QualityGate, QualityReport } from './face-quality.ts';
export {
  adviceOf,
  faceQuality,
  qualityComponents,
  qualityFinding,
  SECOND_FACE,
  secondFaceShare,
} from './face-quality.ts';
export type { Frame } from './frame.ts';
export { keptResults, wasMissing } from './kept-results.ts';
export { mobilePoints } from './mesh-points.ts';
export { MOTIONLESS, motionIndex } from './motion-index.ts';
export { movementBetween } from './neighbours.ts';
export {
  type CheckName,
  checkNamed,
  checkNames,
  defaultRules,
  forEachCheck,
  modelSettingsShape,
  type Rules,
  settingsShape,
} from './registered-checks.ts';
export { Rule, rule } from './rule.ts';
export { runChecks, runLiveness } from './run-checks.ts';
