export { type CalibrationCurve, calibrationCurves } from './calibration-curve.ts';
export {
  type CaptureLink,
  type Captures,
  createCaptures,
  type FrameAnswer,
  jpegSize,
  LARGEST_FRAME,
} from './captures/captures.ts';
export { guidanceOf } from './captures/guidance.ts';
export { blinksIn } from './challenges/blink-in-frames.ts';
export {
  type Challenge,
  type ChallengeProgress,
  type ChallengeResult,
  createChallenge,
  frameRequest,
} from './challenges/challenge.ts';
export {
  type ChallengeRules,
  challengeRules,
  type SuspectCamera,
  turnSteps,
  type WithoutMotion,
} from './challenges/challenge-rules.ts';
export { type Challenges, createChallenges } from './challenges/challenges.ts';
export {
  type Assurance,
  type ChallengePath,
  type DrawnChallenge,
  type DrawnStep,
  drawChallenge,
} from './challenges/draw-challenge.ts';
export { type ChallengeReason, type Evidence, type TryAgain, tryAgainAfter } from './challenges/evidence.ts';
export type { CaptureMetadata, ObservedFrame } from './challenges/frame-log.ts';
export { movementIn } from './challenges/movements/repeats.ts';
export { type StepName, stepNames } from './challenges/steps/registered-steps.ts';
export type { ChallengeModels } from './challenges/verdict.ts';
export {
  type DeviceInfo,
  type Earlier,
  type Frame,
  type GeoLocation,
  type Probe,
  Rule,
} from './checks/check.ts';
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
  qualityGates,
} from './checks/face-quality.ts';
export { noFitFrame } from './checks/frame-consistency.ts';
export { isUndecidedLiveness } from './checks/liveness.ts';
export { personMessages } from './checks/person-messages.ts';
export {
  applyRule,
  type CheckName,
  type CheckResult,
  checkNamed,
  checkNames,
  checksWithInput,
  composite,
  compositeReason,
  hardFailures,
  keptResults,
  lowestOf,
  type Rules,
  runChecks,
  runLiveness,
  wasMissing,
  whenMissing,
} from './checks/registered-checks.ts';
export { skipCodeOf, skipCodes, skipReasons } from './checks/skip-reasons.ts';
export {
  logFalseMatchRateOf,
  matchRateForGallery,
  safeGallerySize,
  type Threshold,
  thresholdForFalseMatchRate,
} from './error-rate.ts';
export {
  forEveryGroup,
  HoldsFor,
  heldBy,
  heldByAll,
  heldForText,
  heldRate,
  holdingFor,
  type MatchPlan,
  mainEmbedder,
  type Scorer,
  tableForEveryGroup,
} from './every-group.ts';
export { doubts } from './gallery-calibration/doubtful-templates.ts';
export {
  createGalleryCalibrations,
  FEWEST_PEOPLE,
  GalleryCalibration,
  type GalleryCalibrations,
  OwnGallery,
} from './gallery-calibration/gallery-calibration.ts';
export {
  type AddressAttempts,
  type Attempt,
  type AttemptVerdict,
  attemptVerdictOf,
  createAddressAttempts,
  isAttack,
  strictestRules,
} from './lockout/address-attempts.ts';
export { createLockoutData } from './lockout/personal-data.ts';
export {
  createRefusedPictures,
  type PictureGuard,
  REFUSED_BEFORE,
  type RefusedPictures,
} from './lockout/refused-pictures.ts';
export {
  alikePeople,
  calibrationStates,
  createMatching,
  type Decision,
  type Found,
  type GalleryShifts,
  holdsRate,
  type Identification,
  isSameAt,
  type Matching,
  NO_SUBJECT,
  samePerson,
} from './matching.ts';
export { builtInProfiles, validProfile } from './profiles/built-in-profiles.ts';
export {
  CaptureSource,
  requireSource,
  sourceOfFrames,
  sourceOfPictures,
  takesSource,
} from './profiles/capture-source.ts';
export {
  circumstancesIn,
  enrollmentEmbedders,
  type ModelPlan,
  planMatching,
  planModels,
  type RatesHold,
  ratesHoldFor,
  scorersOf,
} from './profiles/model-plan.ts';
export {
  allowedOf,
  type Profile,
  ProfileDefinition,
  profileNamed,
  requireAllowed,
} from './profiles/profile.ts';
export type { ProfileVersion } from './profiles/profile-versions.ts';
export { createProfiles, type Profiles } from './profiles/profiles.ts';
export { sameFace } from './same-face.ts';
export { type Comparison, confidence, cosineSimilarity, type Embeddings } from './score.ts';
export { outcomeOfPicture, testPicture, withTestPeople } from './test-people/test-people.ts';
