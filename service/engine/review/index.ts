export { createReviewData } from './personal-data.ts';
export {
  exampleOfReview,
  type Likeness,
  likenessOf,
  type ReviewDecision,
  ReviewItem,
  type ReviewSide,
  type ReviewState,
  requireSameModels,
  reviewKinds,
  reviewSides,
  reviewStates,
  Vote,
  type WaitingEnrollment,
} from './review-item.ts';
export { createReviews, type Reviews, type ShownReview } from './reviews.ts';
export type { FaceForReview, PictureForReview, WaitingNewcomers } from './reviews-deps.ts';
export { createSuspects, type Suspects, type Suspicion } from './suspect.ts';
