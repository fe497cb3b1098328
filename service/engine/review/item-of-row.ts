import { defined } from '../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../lib/id.ts';
import {
  KEPT_AFTER_DECISION,
  KEPT_UNDECIDED,
  type Likeness,
  type ReviewDecision,
  type ReviewItem,
  type ReviewKind,
  type ReviewSide,
  type ReviewState,
} from './review-item.ts';
import type { ReviewPictureRow, ReviewRow, VoteRow } from './review-store.ts';

export function fromRow(
  row: ReviewRow,
  pictures: readonly Pick<ReviewPictureRow, 'item' | 'side'>[],
  votes: readonly VoteRow[],
  now: number,
): ReviewItem {
  const undoUntil = undoUntilOf(row);
  return {
    id: row.id as ReviewId,
    kind: row.kind as ReviewKind,
    policy: row.policy as ReviewItem['policy'],
    known: row.subject as SubjectId,
    ...defined({ other: (row.other ?? undefined) as SubjectId | undefined }),
    enrolled: row.enrolled === 1,
    likeness: JSON.parse(row.figures) as Likeness,
    state: row.state as ReviewState,
    ...(row.decision === null
      ? {}
      : {
          decided: {
            by: row.decided_by!,
            decision: row.decision as ReviewDecision,
            at: row.decided_at!,
          },
        }),
    votes: votes.flatMap(({ item, actor, decision, at }) =>
      item === row.id ? [{ by: actor, decision: decision as ReviewDecision, at }] : [],
    ),
    createdAt: row.created_at,
    erasedBy: row.erased_at ?? erasedByOf(row),
    pictures: pictures.flatMap(({ item, side }) => (item === row.id ? [side as ReviewSide] : [])),
    ...(undoUntil !== undefined && undoUntil > now ? { undoUntil } : {}),
  };
}

const erasedByOf = ({ created_at, decided_at }: ReviewRow): number =>
  Math.min(created_at + KEPT_UNDECIDED, decided_at === null ? Infinity : decided_at + KEPT_AFTER_DECISION);

/**
 * Undefined where it is not decided, or cannot be undone: an enrollment is undone by erasing the person, and what decided a session
 * stands.
 */
export const undoUntilOf = (row: ReviewRow): number | undefined => {
  const { state, decided_at, enrolled, erased_at } = row;
  return state === 'decided' &&
    enrolled === 0 &&
    !decidesSession(row) &&
    erased_at === null &&
    decided_at !== null
    ? decided_at + KEPT_AFTER_DECISION
    : undefined;
};

/** A session waits for the decision. */
export const decidesSession = ({ kind, policy }: Pick<ReviewRow, 'kind' | 'policy'>): boolean =>
  kind === 'uniqueness' && policy === 'block';
