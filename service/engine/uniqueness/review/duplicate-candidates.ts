import { defined } from '../../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Realm } from '../../people/index.ts';
import { encodeEnrollment, type Likeness, type ReviewKind, type WaitingEnrollment } from './review-item.ts';
import {
  createReviewStore,
  enrollmentContext,
  pictureContext,
  type ReviewRow,
  type ReviewSealer,
} from './review-store.ts';

/** An enrollment whose face is like another person's. */
export interface DuplicateCandidate {
  realm: Realm;
  known: SubjectId;
  likeness: Likeness;
  /** JPEG of the face that was sent; absent where none was made. */
  portrait?: Uint8Array;
  actor: Actor;
  request?: string;
}

/** Makes items of the review queue out of enrollments. Each gives the item, which may be there already; undefined where too many wait. */
export interface DuplicateCandidates {
  /** In the transaction that enrolls `other`: the two are to be compared. */
  enrolled(
    tx: Tx,
    candidate: DuplicateCandidate,
    other: SubjectId,
    kind?: ReviewKind,
  ): Promise<ReviewId | undefined>;
  /** In the transaction that refuses: what was refused waits for the decision. */
  waiting(
    tx: Tx,
    candidate: DuplicateCandidate,
    order: WaitingEnrollment & { email: string },
  ): Promise<ReviewId | undefined>;
  /** A newcomer of a uniqueness scope waits for the decision: a new item each time. */
  newcomer(tx: Tx, candidate: DuplicateCandidate, order: WaitingEnrollment): Promise<ReviewId | undefined>;
  /** A newcomer who waits no more: the open item expires, without its pictures and what waited. */
  withdraw(tx: Tx, item: ReviewId): Promise<void>;
}

export interface DuplicateCandidatesDeps extends Pick<Foundation, 'db' | 'audit' | 'ids' | 'clock'> {
  sealer: Pick<ReviewSealer, 'seal' | 'emailHash'>;
  /** Open items of one world; of more no item is made. */
  most?: number;
}

export function createDuplicateCandidates({
  db,
  sealer,
  audit,
  ids,
  clock,
  most = 1000,
}: DuplicateCandidatesDeps): DuplicateCandidates {
  const store = createReviewStore({ db });

  const canTakeMore = async (tx: Tx, realm: Realm) => (await store.countOpen(realm, tx)) < most;

  const sealEnrollment = (id: ReviewId, { realm, known }: DuplicateCandidate, order: WaitingEnrollment) =>
    sealer.seal(enrollmentContext({ id, ...realm, subject: known }), encodeEnrollment(order));

  async function open(
    tx: Tx,
    { realm, known, likeness, portrait, actor, request }: DuplicateCandidate,
    row: Pick<ReviewRow, 'id' | 'kind' | 'policy' | 'other' | 'email_hash' | 'order_sealed'>,
  ): Promise<void> {
    const at = clock.now();
    await store.insert(tx, {
      ...realm,
      ...row,
      subject: known,
      figures: JSON.stringify(likeness),
      state: 'open',
      decision: null,
      decided_by: null,
      decided_at: null,
      enrolled: 0,
      created_at: at,
      erased_at: null,
    });
    if (portrait) {
      // What is not enrolled has no key: until the decision its picture is under that of the person it may show.
      const picture = { id: ids.next('reviewPicture'), ...realm, subject: row.other ?? known };
      const picture_sealed = await sealer.seal(pictureContext(picture), portrait);
      await store.insertPicture(tx, {
        ...picture,
        item: row.id,
        side: 'new',
        picture_sealed,
        created_at: at,
      });
    }
    await audit.add(tx, {
      actor,
      action: 'review.open',
      organization: realm.organization,
      target: row.id,
      ...defined({ request }),
      details: {
        world: realm.world,
        ...(row.kind === 'duplicate' ? {} : { kind: row.kind }),
        policy: row.policy,
        subject: known,
        ...(row.other === null ? {} : { other: row.other }),
        picture: portrait !== undefined,
      },
    });
  }

  return {
    async enrolled(tx, candidate, other, kind = 'duplicate') {
      const { realm, known } = candidate;
      const waiting = await store.findOpen(tx, realm, { known, other });
      if (waiting !== undefined || !(await canTakeMore(tx, realm))) return waiting;
      const id: ReviewId = ids.next('review');
      await open(tx, candidate, { id, kind, policy: 'warn', other, email_hash: null, order_sealed: null });
      return id;
    },
    async waiting(tx, candidate, order) {
      const { realm, known } = candidate;
      const emailHash = sealer.emailHash(realm.organization, order.email);
      const waiting = await store.findOpen(tx, realm, { known, emailHash });
      if (waiting !== undefined || !(await canTakeMore(tx, realm))) return waiting;
      const id: ReviewId = ids.next('review');
      const order_sealed = await sealEnrollment(id, candidate, order);
      const row = { id, kind: 'duplicate', policy: 'block', other: null, email_hash: emailHash };
      await open(tx, candidate, { ...row, order_sealed });
      return id;
    },
    async newcomer(tx, candidate, order) {
      if (!(await canTakeMore(tx, candidate.realm))) return undefined;
      const id: ReviewId = ids.next('review');
      const order_sealed = await sealEnrollment(id, candidate, order);
      const row = { id, kind: 'uniqueness', policy: 'block', other: null, email_hash: null };
      await open(tx, candidate, { ...row, order_sealed });
      return id;
    },
    withdraw: (tx, item) => store.erase(tx, [item], clock.now()),
  };
}
