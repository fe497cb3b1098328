export type { Judged, UniquenessOrder } from './judge.ts';
export { isHeldByScope } from './member-store.ts';
export type { DecidedNewcomer } from './newcomers.ts';
export { createUniquenessData } from './personal-data.ts';
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
export { createSuspects, type Suspects, type Suspicion } from './review/suspect.ts';
export { CountedScope, type Scopes } from './scopes.ts';
export {
  createUniqueness,
  type HumannessCalibration,
  humannessOfLiveness,
  type ScopeTerms,
  type Uniqueness,
  type UniquenessDeps,
} from './uniqueness.ts';
