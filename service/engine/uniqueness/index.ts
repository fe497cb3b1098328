export type { Judged, UniquenessRequest } from './judge.ts';
export { isHeldByScope } from './member-store.ts';
export type { DecidedNewcomer } from './newcomers.ts';
export { createUniquenessData } from './personal-data.ts';
export {
  createDuplicateCandidates,
  type DuplicateCandidate,
  type DuplicateCandidates,
} from './review/duplicate-candidates.ts';
export { createReviewData } from './review/personal-data.ts';
export {
  exampleOfReview,
  likenessOf,
  ReviewItem,
  reviewKinds,
  reviewSides,
  reviewStates,
  Vote,
} from './review/review-item.ts';
export { createReviews, type Reviews } from './review/reviews.ts';
export type { FaceForReview, PictureForReview } from './review/reviews-deps.ts';
export { CountedScope, type Scopes } from './scopes.ts';
export {
  createUniqueness,
  type HumannessCalibration,
  humannessOfLiveness,
  type ScopeTerms,
  type Uniqueness,
  type UniquenessDeps,
} from './uniqueness.ts';
