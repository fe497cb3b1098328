import type { ReviewItem, ReviewSide, ShownReview } from '../../../engine/review/index.ts';
import type { Circumstances } from '../../../engine/verification/index.ts';
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
export type Places = Circumstances['places'];
const fromPerson = (
  { enrolledAt, disabledAt, pictures, ...rest }: Reviewed,
  places: Places,
): ShownReviewReply['people']['new'] => ({
  ...rest,
  enrolledAt: time(enrolledAt),
  disabledAt: time(disabledAt),
  pictures: pictures.map(({ quality, createdAt }) => ({ quality, createdAt: time(createdAt) })),
  places: places.map(({ country, timeZone, lastAt }) => ({ country, timeZone, lastAt: time(lastAt) })),
});

export const fromShownReview = (
  { people, gallery, needsTwo, ...item }: ShownReview,
  places: Record<ReviewSide, Places>,
): ShownReviewReply => ({
  ...fromReview(item),
  people: { new: fromPerson(people.new, places.new), known: fromPerson(people.known, places.known) },
  gallery,
  needsTwo,
});
