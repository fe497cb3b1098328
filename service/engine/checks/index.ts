export {
  applyRule,
  type CheckResult,
  checksWithInput,
  composite,
  compositeReason,
  hardFailures,
  keptResults,
  lowestOf,
  runChecks,
  runLiveness,
  wasMissing,
  whenMissing,
} from './apply-rule.ts';
export { type DeviceInfo, type Earlier, type Frame, type Place, type Probe, Rule, rule } from './check.ts';
export {
  adviceOf,
  BLACK_AND_WHITE,
  faceQuality,
  isBlackAndWhite,
  type QualityComponent,
  type QualityGate,
  type QualityReport,
  qualityComponents,
  qualityFinding,
  SECOND_FACE,
  secondFaceShare,
} from './face-quality.ts';
export { movementBetween } from './frame-consistency.ts';
export { MOTIONLESS, mobilePoints, motionIndex } from './motion-index.ts';
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
