import type { Reviews } from '../../../engine/review/index.ts';
import type { PastVerifications } from '../../../engine/verification/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { ReviewId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { reviewers, reviewReaders } from '../may-call.ts';
import { pictureRefusals, pictureUpload } from '../picture.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromReview, fromShownReview } from './translate.ts';
import {
  KnownPictureRequest,
  PictureParams,
  ReviewCountReply,
  ReviewDecisionRequest,
  ReviewPage,
  ReviewQuery,
  ReviewReply,
  ShownReviewReply,
} from './wire.ts';

export interface ReviewRouteDeps {
  reviews: Pick<Reviews, 'page' | 'countOpen' | 'read' | 'picture' | 'addKnownPicture' | 'decide' | 'undo'>;
  verifications: Pick<PastVerifications, 'circumstances'>;
}

const about = {
  tag: 'review',
  within: 'world',
  keyRefusal: 'No API key may see or decide reviews: that takes a person.',
} as const;
const looking = { operator: true, administrator: reviewReaders, key: false } as const;
const deciding = { operator: true, administrator: reviewers, key: false } as const;
const params = paramsOf('review');

/** Faces that a person has to compare. */
export const reviewRoutes = (deps: ReviewRouteDeps): AdminRoute[] => [
  ...lookingRoutes(deps),
  ...decidingRoutes(deps),
];

const lookingRoutes = ({ reviews, verifications }: ReviewRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/review',
    operationId: 'listReviews',
    effect: 'reads-personal',
    summary: 'List reviews',
    description: 'Open and decided reviews: ids and figures, no names.',
    may: looking,
    query: ReviewQuery,
    reply: ReviewPage,
    async handle({ realm, query: { cursor, ...query } }) {
      const before = cursor as ReviewId | undefined;
      const { items, next } = await reviews.page(realm, {
        limit: query.limit,
        ...defined({ before, state: query.state, kind: query.kind }),
      });
      return pageOf(items.map(fromReview), next);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/review/count',
    operationId: 'countReviews',
    effect: 'none',
    summary: 'Count open reviews',
    description: 'The number of reviews without a decision.',
    may: looking,
    quiet: true,
    reply: ReviewCountReply,
    handle: async ({ realm }) => ({ open: await reviews.countOpen(realm) }),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/review/:id',
    operationId: 'getReview',
    effect: 'reads-personal',
    summary: 'Show a review',
    description: 'With addresses, names and places of both people. The access is recorded in the audit log.',
    may: looking,
    params,
    reply: ShownReviewReply,
    refuses: ['NOT_FOUND'],
    async handle({ realm, params: { id }, who }) {
      const shown = await reviews.read(realm, id as ReviewId, who);
      const placesOf = async ({ subject }: (typeof shown)['people']['new']) =>
        subject === undefined ? [] : (await verifications.circumstances(realm, subject)).places;
      const { people } = shown;
      return fromShownReview(shown, { new: await placesOf(people.new), known: await placesOf(people.known) });
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/review/:id/pictures/:side',
    operationId: 'getReviewPicture',
    effect: 'reads-personal',
    summary: 'Show a face of a review',
    description:
      'A JPEG stored only for the review and erased 24 hours after the decision, or 30 days after its arrival. For a person who was enrolled before, there is one only after a reviewer added it. The access is recorded in the audit log.',
    may: deciding,
    params: PictureParams,
    picture: true,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id, side }, who }) => reviews.picture(realm, id as ReviewId, side, who),
  }),
];

const decidingRoutes = ({ reviews }: ReviewRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'PUT',
    url: '/review/:id/pictures/known',
    operationId: 'addKnownPicture',
    effect: 'reads-personal',
    summary: 'Add a new picture of the known person',
    description:
      'Pictures are not kept after an enrollment, so a new one is needed to compare by eye: of the person, or of a document. Only the face is kept, sealed, for this review alone, and erased with the other one; another picture takes its place. `likeness.knownPicture` says whether it is like the pictures of the known person, and like the face that was sent.',
    may: deciding,
    params,
    body: KnownPictureRequest,
    upload: pictureUpload,
    reply: ReviewReply,
    refuses: [...pictureRefusals, 'NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, file, who, signal }) =>
      fromReview(await reviews.addKnownPicture(realm, id as ReviewId, file, who, signal)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/review/:id/decide',
    operationId: 'decideReview',
    effect: 'changes-identity',
    daily: true,
    summary: 'Decide a review',
    description:
      'If the organization requires two administrators, the first call is a vote, and the review is decided when another administrator votes the same.',
    may: deciding,
    params,
    body: ReviewDecisionRequest,
    reply: ReviewReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, body: { decision }, who }) =>
      fromReview(await reviews.decide(realm, id as ReviewId, decision, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/review/:id/undo',
    operationId: 'undoReview',
    effect: 'changes-identity',
    daily: true,
    summary: 'Undo the decision of a review',
    description:
      'Reopens the review, within 24 hours. To undo a decision that enrolled a person, erase or disable the person.',
    may: deciding,
    params,
    reply: ReviewReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, who }) =>
      fromReview(await reviews.undo(realm, id as ReviewId, who)),
  }),
];
