import { z } from 'zod';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { actor, id, time } from '../../../lib/record-fields.ts';
import type { Consent } from '../../consent/index.ts';
import { type Comparison, type Decision, HoldsFor, heldBy, heldRate } from '../../matching/index.ts';

/** Decisions of a reviewer about two faces. */
const reviewDecisions = ['same-person', 'not-same-person', 'enroll-anyway'] as const;
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
export const Likeness = z.object({
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
    .object({
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
});
export type Likeness = z.output<typeof Likeness>;

const decision = z
  .enum(reviewDecisions)
  .describe(
    '`same-person`: the waiting face is not enrolled; `not-same-person`: it is enrolled, and the two people are marked as distinct; `enroll-anyway`: it is enrolled without a mark',
  );
export const Vote = z.object({ by: actor, decision, at: time('When') });
export type Vote = z.output<typeof Vote>;

/** An enrollment, or a session of a uniqueness scope. */
export const reviewKinds = ['duplicate', 'uniqueness'] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export const exampleOfReview = {
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

export const ReviewItem = z
  .object({
    id: id<'review'>(),
    kind: z
      .enum(reviewKinds)
      .describe(
        '`duplicate`: an enrollment of a face similar to that of another person; `uniqueness`: a newcomer of a uniqueness scope with such a face, with `block` a session that waits for the decision',
      ),
    policy: z
      .enum(['warn', 'block'])
      .describe('`warn`: the face was enrolled; `block`: it waits for the decision'),
    known: id<'subject'>('Id of the enrolled person whose face is similar'),
    other: id<'subject'>()
      .optional()
      .describe('Id of the person who was enrolled with the face; absent while it waits'),
    enrolled: z.boolean().describe('Whether the decision enrolled `other`'),
    likeness: Likeness.describe('The comparison of the faces'),
    state: z
      .enum(reviewStates)
      .describe('`expired`: not decided within 30 days, or within 72 hours while a session waited'),
    decided: Vote.optional().describe('The decision'),
    votes: z.array(Vote).describe('Votes of administrators, if two have to agree'),
    createdAt: time('Time of the enrollment request'),
    erasedBy: time('Time when the pictures and the waiting enrollment are erased'),
    pictures: z.array(z.enum(reviewSides)).describe('Pictures that are stored'),
    undoUntil: time('End of the time for undoing the decision; absent if it cannot be undone').optional(),
  })
  .meta({
    id: 'Review',
    description: 'Two faces that a reviewer has to compare.',
    examples: [exampleOfReview],
  });
export type ReviewItem = z.output<typeof ReviewItem>;

const HOUR = 3_600_000;
/** After the decision: as long as it can be undone. */
export const KEPT_AFTER_DECISION = 24 * HOUR;
/** After the arrival. */
export const KEPT_UNDECIDED = 30 * 24 * HOUR;

/** `quality` is that of the picture that was sent, 0..1. */
export const likenessOf = ({ comparison, threshold }: Decision, quality: number): Likeness => ({
  scorer: comparison?.reference.scorer.id ?? '',
  score: comparison?.score ?? 0,
  threshold: threshold.threshold,
  pictures: comparison?.reference.pictures ?? 0,
  quality,
  ...(comparison && rateOf(comparison)),
});

/** Below what the tables of the scorer measure only the bound is known. */
function rateOf({ logRate, reference }: Comparison): Pick<Likeness, 'rate' | 'holdsFor' | 'beyondMeasured'> {
  const measured = reference.calibration.measuredDownTo * reference.templates.length;
  const rate = 10 ** logRate;
  const held = (one: number) => ({
    rate: heldRate(reference.scorer, Math.min(1, one)),
    holdsFor: heldBy(reference.scorer),
  });
  return rate < measured ? { ...held(measured), beyondMeasured: true } : held(rate);
}

/** An enrollment, or a newcomer of a uniqueness scope, refused by the policy `block` and stored until the decision. */
export interface WaitingEnrollment {
  /** Absent of a newcomer. */
  email?: string;
  name?: string;
  consent?: Consent;
  /** By embedder. */
  embeddings: Record<string, Float32Array>;
  /** SHA-256 of the model files that made them, by embedder. */
  files: Record<string, string>;
  pixelHash: string;
  quality: number;
  /** The person who had the address then; absent if it was free. Of a newcomer: who the session says they are. */
  existing?: SubjectId;
  /** Of a newcomer: the reference that the caller gave. */
  reference?: string;
  /** Of a newcomer: the session that waits, and in which scope. */
  session?: string;
  scope?: string;
  /** Of a newcomer: people that reviewers have compared with them before. */
  compared?: readonly ComparedPerson[];
}

/** A person that a reviewer did not take for the newcomer. */
export interface ComparedPerson {
  subject: SubjectId;
  /** Who said that they are different people, and when; absent where that stays open. */
  distinct?: { by: string; at: number };
}

const toBase64 = (vector: Float32Array) =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
const toVector = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

export const encodeEnrollment = ({ embeddings, ...rest }: WaitingEnrollment): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      ...rest,
      vectors: Object.fromEntries(Object.entries(embeddings).map(([id, vector]) => [id, toBase64(vector)])),
    }),
  );

export function decodeEnrollment(plain: Uint8Array): WaitingEnrollment {
  const { vectors, ...rest } = JSON.parse(new TextDecoder().decode(plain)) as Omit<
    WaitingEnrollment,
    'embeddings'
  > & { vectors: Record<string, string> };
  const embeddings = Object.entries(vectors).map(([id, text]) => [id, toVector(text)] as const);
  return { ...rest, embeddings: Object.fromEntries(embeddings) };
}

/** Throws CONFLICT where the models, or who has the address, are not those of then. */
export function requireUnchanged(
  order: WaitingEnrollment,
  now: { files: Readonly<Record<string, string>>; existing: SubjectId | undefined },
): void {
  requireSameModels(order, now.files);
  if (order.existing !== now.existing)
    throw new Problem(
      'CONFLICT',
      'The address was enrolled, changed or erased since this face was sent: decide that it is the same person, and enroll the person with a new picture.',
    );
}

/** Throws CONFLICT where the models are not those of then. */
export function requireSameModels({ files }: WaitingEnrollment, now: Readonly<Record<string, string>>): void {
  if (Object.entries(files).some(([id, sha256]) => now[id] !== sha256))
    throw new Problem(
      'CONFLICT',
      'Other models are in use than when this face was sent: decide that it is the same person, and enroll the person with a new picture.',
    );
}
