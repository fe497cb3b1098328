export { alikePeople } from './alike-people.ts';
export { type CalibrationCurve, calibrationCurves } from './calibration-curve.ts';
export { confidence } from './confidence.ts';
export { cosineSimilarity } from './cosine-similarity.ts';
export type { Embeddings } from './embeddings.ts';
export type { Calibration, Threshold } from './error-rate.ts';
export {
  logFalseMatchRateOf,
  matchRateForGallery,
  safeGallerySize,
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
  type Scorer,
  tableForEveryGroup,
} from './every-group.ts';
export { type MatchPlan, mainEmbedder } from './match-plan.ts';
export type {
  Decision,
  Found,
  GalleryShifts,
  GalleryStanding,
  Identification,
  Matching,
  Parts,
} from './matching.ts';
export { createMatching, galleryStandings, holdsRate, NO_SUBJECT } from './matching.ts';
export { sameFace } from './same-face.ts';
export { isSameAt, samePerson } from './same-person.ts';
export { type Comparison, scoreOf } from './score.ts';
