export { type CalibrationCurve, calibrationCurves } from './calibration-curve.ts';
export {
  type Calibration,
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
export {
  createMatching,
  type Decision,
  type Found,
  type GalleryShifts,
  type GalleryStanding,
  galleryStandings,
  holdsRate,
  type Identification,
  type Matching,
  NO_SUBJECT,
  type Parts,
} from './matching.ts';
export { sameFace } from './same-face.ts';
export { alikePeople, isSameAt, samePerson } from './same-person.ts';
export { type Comparison, confidence, cosineSimilarity, type Embeddings, scoreOf } from './score.ts';
