import type { ReviewId, SubjectId } from '../../lib/id.ts';
import type { HoldsFor } from '../matching/index.ts';

/** Decisions of a reviewer about two faces. */
export const reviewDecisions = ['same-person', 'not-same-person', 'enroll-anyway'] as const;
/**
 * `same-person`: what waits is not enrolled. `not-same-person`: what waits is enrolled, and the two are never taken for one again.
 * `enroll-anyway`: what waits is enrolled, and whether they are one stays open.
 */
export type ReviewDecision = (typeof reviewDecisions)[number];

/** Which of the two faces: the one that was sent, or the one it is like. */
export const reviewSides = ['new', 'known'] as const;
export type ReviewSide = (typeof reviewSides)[number];

export const reviewStates = ['open', 'decided', 'expired'] as const;
export type ReviewState = (typeof reviewStates)[number];

/** Comparison of the two faces, without personal data. */
export interface Likeness {
  scorer: string;
  score: number;
  threshold: number;
  /** Pictures of the known person that were compared. */
  pictures: number;
  /** Quality of the picture that was sent, 0..1. */
  quality: number;
  /** Share of comparisons of two different people that are as alike, 0..1; with `beyondMeasured` it is smaller. Absent of older items. */
  rate?: number;
  /** Groups for which `rate` holds; absent of items of earlier releases, where it was the average. */
  holdsFor?: HoldsFor;
  /** The tables of the scorer end at `rate`. */
  beyondMeasured?: true;
  /** The picture of the known person that a reviewer added. */
  knownPicture?: {
    quality: number;
    /** Like the enrolled pictures of the known person; absent where nothing compares. */
    likeKnown?: boolean;
    /** Like the newcomer. */
    likeNew?: boolean;
  };
}

export interface Vote {
  by: string;
  decision: ReviewDecision;
  at: number;
}

/** An enrollment, or a session of a uniqueness scope. */
export const reviewKinds = ['duplicate', 'uniqueness'] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export interface ReviewItem {
  id: ReviewId;
  kind: ReviewKind;
  /** `warn`: the face was enrolled all the same; `block`: it waits for the decision. */
  policy: 'warn' | 'block';
  /** The enrolled person whose face is similar. */
  known: SubjectId;
  /** The person who was enrolled with the face; absent while it waits. */
  other?: SubjectId;
  /** The decision enrolled `other`. */
  enrolled: boolean;
  likeness: Likeness;
  state: ReviewState;
  decided?: Vote;
  /** Votes of administrators, until a second one agrees. */
  votes: Vote[];
  createdAt: number;
  /** When pictures and what waits are erased if nothing is decided before; of a decided one, when they are. */
  erasedBy: number;
  /** Pictures that are there. */
  pictures: ReviewSide[];
  /** Until when the decision can be undone; absent once it cannot. */
  undoUntil?: number;
}

const HOUR = 3_600_000;
/** After the decision: as long as it can be undone. */
export const KEPT_AFTER_DECISION = 24 * HOUR;
/** After the arrival. */
export const KEPT_UNDECIDED = 30 * 24 * HOUR;
