export { createReviewData } from './personal-data.ts';
export type { Likeness, ReviewDecision, ReviewItem, ReviewSide, ReviewState } from './review-item.ts';
export { reviewDecisions, reviewSides, reviewStates } from './review-item.ts';
export type { Reviews, ShownReview } from './reviews.ts';
export { createReviews } from './reviews.ts';
export type { FaceForReview, PictureForReview } from './reviews-deps.ts';
export type { Suspects, Suspicion } from './suspect.ts';
export { createSuspects } from './suspect.ts';
