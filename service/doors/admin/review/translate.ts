import type { ReviewItem, ShownReview } from '../../../engine/review/index.ts';
import { time } from '../../../lib/time.ts';
import type { ReviewReply, ShownReviewReply } from './wire.ts';

type Vote = ReviewItem['votes'][number];
const fromVote = ({ at, ...rest }: Vote) => ({ ...rest, at: time(at) });

export const fromReview = ({
  createdAt,
  erasedBy,
  undoUntil,
  decided,
  votes,
  ...rest
}: ReviewItem): ReviewReply => ({
  ...rest,
  createdAt: time(createdAt),
  erasedBy: time(erasedBy),
  undoUntil: time(undoUntil),
  decided: decided && fromVote(decided),
  votes: votes.map(fromVote),
});

type Reviewed = ShownReview['people']['new'];
const fromPerson = ({ enrolledAt, ...rest }: Reviewed) => ({ ...rest, enrolledAt: time(enrolledAt) });

export const fromShownReview = ({ people, ...item }: ShownReview): ShownReviewReply => ({
  ...fromReview(item),
  people: { new: fromPerson(people.new), known: fromPerson(people.known) },
});
