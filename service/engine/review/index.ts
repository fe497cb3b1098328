export { likenessOf } from './likeness-of.ts';
export { createReviewData } from './personal-data.ts';
export type { Likeness, ReviewDecision, ReviewSide, ReviewState } from './review-item.ts';
export {
  exampleOfReview,
  ReviewItem,
  reviewKinds,
  reviewSides,
  reviewStates,
  Vote,
} from './review-item.ts';
export type { Reviews, ShownReview } from './reviews.ts';
export { createReviews } from './reviews.ts';
export type { FaceForReview, PictureForReview, WaitingNewcomers } from './reviews-deps.ts';
export type { Suspects, Suspicion } from './suspect.ts';
export { createSuspects } from './suspect.ts';
export type { WaitingEnrollment } from './waiting-enrollment.ts';
export { requireSameModels } from './waiting-enrollment.ts';
