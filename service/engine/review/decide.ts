import { defined } from '../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Actor, describeActor } from '../audit/index.ts';
import { insertDistinct, type Realm } from '../subjects/index.ts';
import { decidesSession, undoUntilOf } from './item-of-row.ts';
import type { ReviewDecision, ReviewItem } from './review-item.ts';
import { type createReviewStore, orderPlace, picturePlace, type ReviewRow } from './review-store.ts';
import type { ReviewsDeps } from './reviews-deps.ts';
import { decodeOrder, requireUnchanged } from './waiting-enrollment.ts';

export interface DecideDeps extends ReviewsDeps {
  store: ReturnType<typeof createReviewStore>;
  find(realm: Realm, id: ReviewId): Promise<ReviewRow>;
  load(realm: Realm, id: ReviewId): Promise<ReviewItem>;
}

interface Decision {
  realm: Realm;
  id: ReviewId;
  decision: ReviewDecision;
  actor: Actor;
}

/** `Reviews.decide`. */
export function createDecide(deps: DecideDeps) {
  const { store, find, load, inTransaction, organizations } = deps;
  const enroll = createEnrollWaiting(deps);
  const decideSession = createDecideSession(deps);
  const settle = createSettle(deps);

  return async function decide(
    realm: Realm,
    id: ReviewId,
    decision: ReviewDecision,
    actor: Actor,
  ): Promise<ReviewItem> {
    const made = { realm, id, decision, actor };
    const row = requireOpen(await find(realm, id));
    const { twoPersonReview } = await organizations.get(realm.organization);
    if (twoPersonReview && !(await isAgreed(deps, made))) return load(realm, id);
    if (decidesSession(row)) await decideSession(made, row);
    else if (row.policy === 'block' && row.other === null && decision !== 'same-person')
      await enroll(made, row);
    else
      await inTransaction(async (tx) => {
        const open = requireOpen(await store.find(realm, id, tx));
        await settle(tx, made, open, (open.other as SubjectId | null) ?? undefined);
      });
    return load(realm, id);
  };
}

export function requireOpen(row: ReviewRow | undefined): ReviewRow {
  if (row?.state === 'open') return row;
  throw new Problem(
    'CONFLICT',
    row?.state === 'expired'
      ? 'Nothing was decided for 30 days, and the pictures are erased: it cannot be decided any more.'
      : row && undoUntilOf(row) !== undefined
        ? 'This review is decided: undo the decision first, within 24 hours.'
        : 'This review is decided, and the decision stands.',
  );
}

/**
 * Notes the vote; whether another administrator has the same one. The operator of the box could give any name, and does not count.
 */
async function isAgreed(
  { store, inTransaction, audit, clock }: DecideDeps,
  { realm, id, decision, actor }: Decision,
): Promise<boolean> {
  if (actor.is !== 'administrator')
    throw new Problem(
      'CONFLICT',
      'In this organization two administrators have to agree on a review: decide it in the console.',
    );
  return inTransaction(async (tx) => {
    requireOpen(await store.find(realm, id, tx));
    const by = describeActor(actor);
    const others = (await store.votesOf([id], tx)).filter((vote) => vote.actor !== by);
    await store.vote(tx, { item: id, actor: by, decision, at: clock.now() });
    await audit.add(tx, {
      actor,
      action: 'review.vote',
      organization: realm.organization,
      target: id,
      details: { world: realm.world, decision },
    });
    return others.some((vote) => vote.decision === decision);
  });
}

/** Writes the decision, in a transaction of what it brings about. */
function createSettle({ store, audit, clock }: DecideDeps) {
  return async function settle(
    tx: Tx,
    { realm, id, decision, actor }: Decision,
    { subject }: ReviewRow,
    other: SubjectId | undefined,
    enrolled = false,
  ): Promise<void> {
    const made = { by: describeActor(actor), at: clock.now() };
    const known = subject as SubjectId;
    if (decision === 'not-same-person' && other !== undefined) await insertDistinct(tx, known, other, made);
    await store.decide(tx, id, { ...made, decision, ...(enrolled && other ? { enrolled: other } : {}) });
    await audit.add(tx, {
      actor,
      action: 'review.decide',
      organization: realm.organization,
      target: id,
      details: { world: realm.world, decision, subject: known, ...(other ? { other } : {}), enrolled },
    });
  };
}

/** Enrolls what waits, and settles the review in the same transaction. */
function createEnrollWaiting(deps: DecideDeps) {
  const { store, sealer, subjects, models } = deps;
  const settle = createSettle(deps);

  return async function enrollWaiting(made: Decision, row: ReviewRow): Promise<void> {
    const { realm, id, actor } = made;
    if (row.order_sealed === null) throw new Error(`The review ${id} has nothing to enroll.`);
    const order = decodeOrder(await sealer.open(orderPlace(row), row.order_sealed));
    const { email, name, consent, embeddings, pixelHash, quality } = order;
    if (email === undefined) throw new Error(`The review ${id} has no address to enroll under.`);
    const existing = (await subjects.find(realm, email))?.id;
    requireUnchanged(order, { files: models.current().files, existing });
    await subjects.enroll(
      realm,
      {
        email,
        embeddings,
        pixelHash,
        quality,
        ...(name === undefined ? {} : { name }),
        ...(consent === undefined ? {} : { consent }),
        audit: { review: id, duplicateOf: row.subject },
        async beside(tx, person) {
          await settle(tx, made, requireOpen(await store.find(realm, id, tx)), person, true);
        },
      },
      actor,
    );
  };
}

/** Decides the session that waits, and settles the review in the same transaction. */
function createDecideSession(deps: DecideDeps) {
  const { store, sealer, newcomers, inTransaction, subjects, clock } = deps;
  const settle = createSettle(deps);

  return async function decideSession(made: Decision, row: ReviewRow): Promise<void> {
    const { realm, id, decision, actor } = made;
    const known = row.subject as SubjectId;
    const openRow = async (tx: Tx) => requireOpen(await store.find(realm, id, tx));
    if (decision === 'same-person') {
      await inTransaction(async (tx) => {
        await settle(tx, made, await openRow(tx), undefined);
        await newcomers.refuse(tx, { realm, item: id, known });
      });
      return;
    }
    if (row.order_sealed === null) throw new Error(`The review ${id} has no face of the newcomer.`);
    const order = decodeOrder(await sealer.open(orderPlace(row), row.order_sealed));
    const before = order.compared ?? [];
    const distinct =
      decision === 'not-same-person' ? { by: describeActor(actor), at: clock.now() } : undefined;
    const compared = [...before, { subject: known, ...defined({ distinct }) }];
    const portrait = await portraitOf(deps, id);
    const newcomer = { realm, item: id, compared, order, actor, ...defined({ portrait }) };
    await newcomers.admit(newcomer, async (tx, subject) => {
      await settle(tx, made, await openRow(tx), subject, subject !== undefined);
      if (subject === undefined) return;
      for (const other of before)
        if (other.distinct && (await subjects.isThere(tx, other.subject)))
          await insertDistinct(tx, other.subject, subject, other.distinct);
    });
  };
}

/** The face of the newcomer, as the session sent it. */
async function portraitOf({ store, sealer }: DecideDeps, id: ReviewId): Promise<Uint8Array | undefined> {
  const row = await store.picture(id, 'new');
  return row && (await sealer.open(picturePlace(row), row.picture_sealed));
}
