import { z } from 'zod';
import { HoldsFor } from '../../../engine/matching/index.ts';
import { reviewDecisions, reviewKinds, reviewSides, reviewStates } from '../../../engine/review/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const ReviewQuery = z.strictObject({
  state: z.enum(reviewStates).optional().describe('Only reviews in this state'),
  kind: z.enum(reviewKinds).optional().describe('Only reviews of this kind'),
  ...pageQuery(idOf('review')),
});

export const PictureParams = z.strictObject({
  id: idOf('review').describe('Id of the review'),
  side: z.enum(reviewSides).describe('The face that was sent (`new`), or the similar enrolled one (`known`)'),
});

const decision = z
  .enum(reviewDecisions)
  .describe(
    '`same-person`: the waiting face is not enrolled; `not-same-person`: it is enrolled, and the two people are marked as distinct; `enroll-anyway`: it is enrolled without a mark',
  );

/** The `request` part beside the picture. */
export const KnownPictureRequest = z
  .strictObject({})
  .meta({ id: 'KnownPicture', description: 'No fields besides the picture.', examples: [{}] });

export const ReviewDecisionRequest = z
  .strictObject({ decision })
  .meta({ id: 'ReviewDecision', examples: [{ decision: 'not-same-person' as const }] });

const vote = z.strictObject({ by: actor, decision, at: time('When') });

const item = {
  id: z.string().describe('Id'),
  kind: z
    .enum(reviewKinds)
    .describe(
      '`duplicate`: an enrollment of a face similar to that of another person; `uniqueness`: a newcomer of a uniqueness scope with such a face, with `block` a session that waits for the decision',
    ),
  policy: z
    .enum(['warn', 'block'])
    .describe('`warn`: the face was enrolled; `block`: it waits for the decision'),
  known: z.string().describe('Id of the enrolled person whose face is similar'),
  other: z
    .string()
    .optional()
    .describe('Id of the person who was enrolled with the face; absent while it waits'),
  enrolled: z.boolean().describe('Whether the decision enrolled `other`'),
  likeness: z
    .strictObject({
      scorer: z.string().describe('Scorer'),
      score: z.number().describe('Score'),
      threshold: z.number().describe('Score from which faces count as similar'),
      pictures: z.int().describe('Compared pictures of the known person'),
      quality: z.number().describe('Quality of the picture that was sent, 0..1'),
      rate: z
        .number()
        .optional()
        .describe(
          'Share of comparisons of two different people that are as similar, 0..1; absent in older reviews',
        ),
      holdsFor: HoldsFor.optional(),
      beyondMeasured: z
        .literal(true)
        .optional()
        .describe("Whether the share is smaller than `rate`, the end of the scorer's tables"),
      knownPicture: z
        .strictObject({
          quality: z.number().describe('Quality of the picture, 0..1'),
          likeKnown: z
            .boolean()
            .optional()
            .describe('Similarity to the enrolled pictures of the known person; absent without a comparison'),
          likeNew: z
            .boolean()
            .optional()
            .describe('Similarity to the face that was sent; absent without a comparison'),
        })
        .optional()
        .describe('The picture of the known person that a reviewer added'),
    })
    .describe('The comparison of the faces'),
  state: z
    .enum(reviewStates)
    .describe('`expired`: not decided within 30 days, or within 72 hours while a session waited'),
  decided: vote.optional().describe('The decision'),
  votes: z.array(vote).describe('Votes of administrators, if two have to agree'),
  createdAt: time('Time of the enrollment request'),
  erasedBy: time('Time when the pictures and the waiting enrollment are erased'),
  pictures: z.array(z.enum(reviewSides)).describe('Pictures that are stored'),
  undoUntil: time('End of the time for undoing the decision; absent if it cannot be undone').optional(),
};

const example = {
  id: 'rev_01m7w3hb8hbf355he5zqwjztdk',
  kind: 'duplicate' as const,
  policy: 'warn' as const,
  known: 'sub_01m7w3hb8hbf355he5zqwjztdk',
  other: 'sub_01m7w3hbbec1gf5vj2bmsg7bmh',
  enrolled: false,
  likeness: {
    scorer: 'r',
    score: 0.97,
    threshold: 0.95,
    pictures: 3,
    quality: 0.9,
    rate: 0.00002,
    holdsFor: 'every-group' as const,
  },
  state: 'open' as const,
  votes: [],
  createdAt: '2026-11-20T12:00:00.000Z',
  erasedBy: '2026-12-20T12:00:00.000Z',
  pictures: ['new' as const],
};

export const ReviewReply = z
  .strictObject(item)
  .meta({ id: 'Review', description: 'Two faces that a reviewer has to compare.', examples: [example] });

export const ReviewPage = pageReply(ReviewReply, 'Reviews, the newest first', 'ReviewPage');

export const ReviewCountReply = z
  .strictObject({ open: z.int().describe('Reviews that wait for a decision') })
  .meta({ id: 'ReviewCount', examples: [{ open: 2 }] });

const person = z.strictObject({
  subject: z.string().optional().describe('Id; absent while the enrollment waits'),
  email: z.string().optional().describe('E-mail address'),
  name: z.string().optional().describe('Name'),
  enrolledAt: time('Time of the enrollment').optional(),
  disabledAt: time('Time since when the person is disabled; absent: enabled').optional(),
  enrollments: z.int().describe('Enrolled pictures'),
  pictures: z
    .array(
      z.strictObject({
        quality: z.number().describe('0..1'),
        createdAt: time('Time of the enrollment'),
      }),
    )
    .describe('Data of each enrolled picture, the oldest first; the pictures are not stored'),
  places: z
    .array(
      z.strictObject({
        country: z.string().optional().describe('ISO 3166-1 alpha-2'),
        timeZone: z.string().optional().describe('IANA name'),
        lastAt: time('Time of the last one'),
      }),
    )
    .describe('Places of the last 50 verifications that verified, the last first'),
});

export const ShownReviewReply = z
  .strictObject({
    ...item,
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
        ...example,
        people: {
          new: {
            subject: example.other,
            email: 'ada@example.com',
            enrollments: 1,
            pictures: [{ quality: 0.87, createdAt: '2026-11-20T12:00:00.000Z' }],
            places: [],
          },
          known: {
            subject: example.known,
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

export type ReviewReply = z.output<typeof ReviewReply>;
export type ShownReviewReply = z.output<typeof ShownReviewReply>;
