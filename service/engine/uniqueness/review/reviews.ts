import { defined } from '../../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor, AuditAction } from '../../audit/index.ts';
import type { Realm } from '../../people/index.ts';
import { createAddKnownPicture, createDecide, createEraseReviewed, createUndo } from './decide.ts';
import {
  decodeEnrollment,
  type ReviewDecision,
  type ReviewItem,
  type ReviewKind,
  type ReviewSide,
  type ReviewState,
} from './review-item.ts';
import { createReviewStore, enrollmentContext, fromRow, pictureContext } from './review-store.ts';
import type { ReviewsDeps } from './reviews-deps.ts';

/** A person in an item, as a reviewer sees them. */
export interface Reviewed {
  /** Absent while what was sent waits to be enrolled. */
  subject?: SubjectId;
  email?: string;
  name?: string;
  enrolledAt?: number;
  disabledAt?: number;
  /** Pictures that are enrolled. */
  enrollments: number;
  /** Quality (0..1) and time of each of these pictures, the oldest first. */
  pictures: { quality: number; createdAt: number }[];
}

export interface ShownReview extends ReviewItem {
  people: Record<ReviewSide, Reviewed>;
  /** People who are enrolled in this world. */
  gallery: number;
  /** The organization asks for two administrators who agree. */
  needsTwo: boolean;
}

/** The queue of faces that a person has to compare, for enrollments of a face that another person has. */
export interface Reviews {
  /** The newest first. Ids and figures: nothing personal. */
  page(
    realm: Realm,
    order: { state?: ReviewState; kind?: ReviewKind; before?: ReviewId; limit: number },
  ): Promise<{ items: ReviewItem[]; next?: ReviewId }>;
  countOpen(realm: Realm): Promise<number>;
  /** With the addresses and names of both; audited. Throws NOT_FOUND. */
  read(realm: Realm, id: ReviewId, actor: Actor): Promise<ShownReview>;
  /** JPEG of a face; audited. Throws NOT_FOUND where none is kept. */
  picture(realm: Realm, id: ReviewId, side: ReviewSide, actor: Actor): Promise<Uint8Array>;
  /**
   * Keeps a new picture of the known person beside the one that was sent, until the decision: pictures are not kept after an enrollment.
   * Another one takes its place. Says what it is like. Throws NOT_FOUND, CONFLICT, and what refuses a picture.
   */
  addKnownPicture(
    realm: Realm,
    id: ReviewId,
    picture: Uint8Array,
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<ReviewItem>;
  /**
   * Decides, or notes the vote of the first of two administrators. Throws NOT_FOUND, and CONFLICT where it is decided already, or what waits
   * cannot be enrolled any more.
   */
  decide(realm: Realm, id: ReviewId, decision: ReviewDecision, actor: Actor): Promise<ReviewItem>;
  /** Opens a decided item again, within 24 hours. Throws NOT_FOUND and CONFLICT. */
  undo(realm: Realm, id: ReviewId, actor: Actor): Promise<ReviewItem>;
  /** Erases pictures and what waits, 24 hours after the decision or 30 days after the arrival; of how many items. */
  eraseDue(): Promise<number>;
}

export function createReviews(deps: ReviewsDeps): Reviews {
  const { db, inTransaction, sealer, audit, clock, subjects, organizations } = deps;
  const store = createReviewStore({ db });

  async function find(realm: Realm, id: ReviewId) {
    const row = await store.find(realm, id);
    if (row) return row;
    throw new Problem('NOT_FOUND', `No review has the id ${id}.`);
  }

  async function items(rows: readonly Awaited<ReturnType<typeof find>>[]): Promise<ReviewItem[]> {
    const ids = rows.map(({ id }) => id);
    const [pictures, votes] = [await store.picturesOf(ids), await store.votesOf(ids)];
    return rows.map((row) => fromRow(row, pictures, votes, clock.now()));
  }

  const load = async (realm: Realm, id: ReviewId): Promise<ReviewItem> =>
    (await items([await find(realm, id)]))[0]!;

  const noteRead = (realm: Realm, id: ReviewId, action: AuditAction, actor: Actor, details: object = {}) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        organization: realm.organization,
        target: id,
        details: { world: realm.world, ...details },
      }),
    );

  async function personOf(realm: Realm, id: SubjectId): Promise<Reviewed> {
    const person = await subjects.find(realm, id);
    if (!person) return { subject: id, enrollments: 0, pictures: [] };
    const { email, name, createdAt, disabledAt, enrollments } = person;
    const pictures = (await subjects.pictures(id)).map(({ quality, createdAt }) => ({ quality, createdAt }));
    return {
      subject: id,
      enrolledAt: createdAt,
      enrollments,
      pictures,
      ...defined({ email, name, disabledAt }),
    };
  }

  /** The waiting enrollment, as it was sent. */
  async function waitingOf(realm: Realm, id: ReviewId): Promise<Reviewed> {
    const { order_sealed: sealed, ...row } = await find(realm, id);
    if (sealed === null) return { enrollments: 0, pictures: [] };
    const { email, name } = decodeEnrollment(await sealer.open(enrollmentContext(row), sealed));
    return { ...defined({ email, name }), enrollments: 0, pictures: [] };
  }

  return {
    async page(realm, { limit, ...order }) {
      const rows = await store.page(realm, { ...order, limit: limit + 1 });
      const found = await items(rows.slice(0, limit));
      return rows.length > limit ? { items: found, next: found.at(-1)!.id } : { items: found };
    },
    countOpen: (realm) => store.countOpen(realm),
    async read(realm, id, actor) {
      const item = await load(realm, id);
      await noteRead(realm, id, 'review.read', actor, { subject: item.known });
      const people = {
        known: await personOf(realm, item.known),
        new: item.other ? await personOf(realm, item.other) : await waitingOf(realm, id),
      };
      const { twoPersonReview } = await organizations.get(realm.organization);
      return { ...item, people, gallery: await subjects.count(realm), needsTwo: twoPersonReview === true };
    },
    async picture(realm, id, side, actor) {
      await find(realm, id);
      const row = await store.picture(id, side);
      if (!row) throw noPicture(side);
      await noteRead(realm, id, 'review.picture', actor, { side, subject: row.subject });
      return sealer.open(pictureContext(row), row.picture_sealed);
    },
    addKnownPicture: createAddKnownPicture({ ...deps, store, find, load }),
    decide: createDecide({ ...deps, store, find, load }),
    undo: createUndo({ ...deps, store, find, load }),
    eraseDue: createEraseReviewed({ ...deps, store }),
  };
}

const noPicture = (side: ReviewSide) =>
  new Problem(
    'NOT_FOUND',
    side === 'known'
      ? 'No picture is kept of the person who was enrolled before: pictures are not kept after an enrollment. Add a new one to the review, or compare with the person or with a document.'
      : 'No picture is kept any more: it was erased 24 hours after the decision, or 30 days after it arrived.',
  );
