import { z } from 'zod';
import {
  exampleOfReview,
  ReviewItem,
  type Reviews,
  reviewKinds,
  reviewSides,
  reviewStates,
  Vote,
} from '../../engine/uniqueness/index.ts';
import type { PastVerifications } from '../../engine/verification/index.ts';
import { time } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { reviewers, reviewReaders } from './may-call.ts';
import { pictureRefusals, pictureUpload } from './picture.ts';
import { type AdminRoute, route } from './route.ts';

const PictureParams = z.strictObject({
  id: idOf('review').describe('Id of the review'),
  side: z.enum(reviewSides).describe('The face that was sent (`new`), or the similar enrolled one (`known`)'),
});

/** The `request` part beside the picture. */
const KnownPictureRequest = z
  .strictObject({})
  .meta({ id: 'KnownPicture', description: 'No fields besides the picture.', examples: [{}] });

const ReviewDecisionRequest = z
  .strictObject({ decision: Vote.shape.decision })
  .meta({ id: 'ReviewDecision', examples: [{ decision: 'not-same-person' as const }] });

const ReviewCountReply = z
  .strictObject({ open: z.int().describe('Reviews that wait for a decision') })
  .meta({ id: 'ReviewCount', examples: [{ open: 2 }] });

const person = z.object({
  subject: z.string().optional().describe('Id; absent while the enrollment waits'),
  email: z.string().optional().describe('E-mail address'),
  name: z.string().optional().describe('Name'),
  enrolledAt: time('Time of the enrollment').optional(),
  disabledAt: time('Time since when the person is disabled; absent: enabled').optional(),
  enrollments: z.int().describe('Enrolled pictures'),
  pictures: z
    .array(
      z.object({
        quality: z.number().describe('0..1'),
        createdAt: time('Time of the enrollment'),
      }),
    )
    .describe('Data of each enrolled picture, the oldest first; the pictures are not stored'),
  places: z
    .array(
      z.object({
        country: z.string().optional().describe('ISO 3166-1 alpha-2'),
        timeZone: z.string().optional().describe('IANA name'),
        lastAt: time('Time of the last one'),
      }),
    )
    .describe('Places of the last 50 verifications that verified, the last first'),
});

const ShownReviewReply = z
  .object({
    ...ReviewItem.shape,
    people: z
      .strictObject({
        new: person.describe('The person in the picture that was sent'),
        known: person.describe('The enrolled person whose face is similar'),
      })
      .describe('The people of the two faces'),
    gallery: z.int().describe('People who are enrolled in this world'),
    needsTwo: z.boolean().describe('Whether two administrators have to agree'),
  })
  .meta({
    id: 'ShownReview',
    description: 'A review and its two people.',
    examples: [
      {
        ...exampleOfReview,
        people: {
          new: {
            subject: exampleOfReview.other,
            email: 'ada@example.com',
            enrollments: 1,
            pictures: [{ quality: 0.87, createdAt: '2026-11-20T12:00:00.000Z' }],
            places: [],
          },
          known: {
            subject: exampleOfReview.known,
            email: 'ada.lovelace@example.com',
            enrollments: 1,
            pictures: [{ quality: 0.9, createdAt: '2026-01-11T09:30:00.000Z' }],
            places: [],
          },
        },
        gallery: 3418,
        needsTwo: false,
      },
    ],
  });

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
export const reviewRoutes = ({ reviews, verifications }: ReviewRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/review',
    operationId: 'listReviews',
    effect: 'reads-personal',
    summary: 'List reviews',
    description: 'Open and decided reviews: ids and figures, no names.',
    may: looking,
    item: ReviewItem,
    items: 'Reviews, the newest first',
    page: 'ReviewPage',
    filter: {
      state: z.enum(reviewStates).optional().describe('Only reviews in this state'),
      kind: z.enum(reviewKinds).optional().describe('Only reviews of this kind'),
    },
    key: idOf('review'),
    rows: ({ realm, query: { limit } }, part) => reviews.page(realm, { ...part, limit }),
  }),
  route('GET /review/count', {
    ...about,
    operationId: 'countReviews',
    effect: 'none',
    summary: 'Count open reviews',
    description: 'The number of reviews without a decision.',
    may: looking,
    quiet: true,
    reply: ReviewCountReply,
    handle: async ({ realm }) => ({ open: await reviews.countOpen(realm) }),
  }),
  route('GET /review/:id', {
    ...about,
    operationId: 'getReview',
    effect: 'reads-personal',
    summary: 'Show a review',
    description: 'With addresses, names and places of both people. The access is recorded in the audit log.',
    may: looking,
    params,
    reply: ShownReviewReply,
    refuses: ['NOT_FOUND'],
    async handle({ realm, params: { id }, who }) {
      const shown = await reviews.read(realm, id, who);
      const placesOf = async ({ subject }: (typeof shown)['people']['new']) =>
        subject === undefined ? [] : (await verifications.circumstances(realm, subject)).places;
      const { people } = shown;
      return {
        ...shown,
        people: {
          new: { ...people.new, places: await placesOf(people.new) },
          known: { ...people.known, places: await placesOf(people.known) },
        },
      };
    },
  }),
  route('GET /review/:id/pictures/:side', {
    ...about,
    operationId: 'getReviewPicture',
    effect: 'reads-personal',
    summary: 'Show a face of a review',
    description:
      'A JPEG stored only for the review and erased 24 hours after the decision, or 30 days after its arrival. For a person who was enrolled before, there is one only after a reviewer added it. The access is recorded in the audit log.',
    may: deciding,
    params: PictureParams,
    picture: true,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id, side }, who }) => reviews.picture(realm, id, side, who),
  }),
  route('PUT /review/:id/pictures/known', {
    ...about,
    operationId: 'addKnownPicture',
    effect: 'reads-personal',
    summary: 'Add a new picture of the known person',
    description:
      'Pictures are not kept after an enrollment, so a new one is needed to compare by eye: of the person, or of a document. Only the face is kept, sealed, for this review alone, and erased with the other one; another picture takes its place. `likeness.knownPicture` says whether it is like the pictures of the known person, and like the face that was sent.',
    may: deciding,
    params,
    body: KnownPictureRequest,
    upload: pictureUpload,
    reply: ReviewItem,
    refuses: [...pictureRefusals, 'NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, file, who, signal }) =>
      reviews.addKnownPicture(realm, id, file, who, signal),
  }),
  route('POST /review/:id/decide', {
    ...about,
    operationId: 'decideReview',
    effect: 'changes-identity',
    daily: true,
    summary: 'Decide a review',
    description:
      'If the organization requires two administrators, the first call is a vote, and the review is decided when another administrator votes the same.',
    may: deciding,
    params,
    body: ReviewDecisionRequest,
    reply: ReviewItem,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, body: { decision }, who }) => reviews.decide(realm, id, decision, who),
  }),
  route('POST /review/:id/undo', {
    ...about,
    operationId: 'undoReview',
    effect: 'changes-identity',
    daily: true,
    summary: 'Undo the decision of a review',
    description:
      'Reopens the review, within 24 hours. To undo a decision that enrolled a person, erase or disable the person.',
    may: deciding,
    params,
    reply: ReviewItem,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, who }) => reviews.undo(realm, id, who),
  }),
];
