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
