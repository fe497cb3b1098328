import type { Decision, ShownReview } from './open-reviews.ts';

/** The one after this in the queue, from its end back to its beginning; undefined: no other waits. */
export function nextOf(open: readonly { id: string }[], id: string): string | undefined {
  const at = open.findIndex((one) => one.id === id);
  const next = open[at + 1] ?? open[0];
  return next === undefined || next.id === id ? undefined : next.id;
}

/** Whether this decision holds at once, or is the first of two votes. */
export const decidesAtOnce = (
  { needsTwo, votes }: Pick<ShownReview, 'needsTwo' | 'votes'>,
  decision: Decision,
  self: string,
): boolean => !needsTwo || votes.some((vote) => vote.by !== self && vote.decision === decision);

/** One newcomer in so many meets such a likeness by chance in a gallery of this size; never fewer than one. */
export const newcomersPerChance = (rate: number, gallery: number): number =>
  Math.max(1, Math.round(1 / -Math.expm1(Math.max(1, gallery) * Math.log1p(-Math.min(rate, 1 - 1e-9)))));

type Kind = Pick<ShownReview, 'kind' | 'policy'>;

/** A session waits for the decision, and goes on by it. */
export const decidesSession = ({ kind, policy }: Kind): boolean =>
  kind === 'uniqueness' && policy === 'block';

/** What can be undone of the decision that is about to be made. */
export const undoTextOf = (review: Kind): 'undoText' | 'undoTextBlock' | 'undoTextSession' => {
  if (review.policy === 'warn') return 'undoText';
  return decidesSession(review) ? 'undoTextSession' : 'undoTextBlock';
};

/** What followed from a decision. */
export function consequenceOf(
  review: Kind & Pick<ShownReview, 'enrolled'>,
  decision: Decision,
):
  | 'nowEnrolled'
  | 'oneOfTwo'
  | 'staysOut'
  | 'neverAgain'
  | 'leftOpen'
  | 'sessionLetIn'
  | 'sessionDuplicate'
  | 'sessionWentOn' {
  if (decidesSession(review)) {
    if (decision === 'same-person') return 'sessionDuplicate';
    return review.enrolled ? 'sessionLetIn' : 'sessionWentOn';
  }
  if (review.enrolled) return 'nowEnrolled';
  if (decision === 'same-person') return review.policy === 'warn' ? 'oneOfTwo' : 'staysOut';
  return decision === 'not-same-person' ? 'neverAgain' : 'leftOpen';
}
