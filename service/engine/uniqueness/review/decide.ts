import { setImmediate as pause } from 'node:timers/promises';
import { defined } from '../../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor } from '../../audit/index.ts';
import { deleteDistinct, type Enrollment, insertDistinct, type Realm } from '../../people/index.ts';
import {
  decodeEnrollment,
  KEPT_AFTER_DECISION,
  KEPT_UNDECIDED,
  type Likeness,
  type ReviewDecision,
  type ReviewItem,
  requireUnchanged,
} from './review-item.ts';
import {
  type createReviewStore,
  decidesSession,
  enrollmentContext,
  likenessOf,
  pictureContext,
  type ReviewRow,
  undoUntilOf,
} from './review-store.ts';
import type { ReviewsDeps } from './reviews-deps.ts';

interface DecideDeps extends ReviewsDeps {
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

function requireOpen(row: ReviewRow | undefined): ReviewRow {
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
    const order = decodeEnrollment(await sealer.open(enrollmentContext(row), row.order_sealed));
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
        // The reviewer decides about a face; a name is changed on the page of the person.
        renames: false,
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
    const order = decodeEnrollment(await sealer.open(enrollmentContext(row), row.order_sealed));
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
  return row && (await sealer.open(pictureContext(row), row.picture_sealed));
}

/** Items whose pictures are erased in one transaction. */
const PAGE = 100;

/** `Reviews.eraseDue`. */
export function createEraseReviewed({
  store,
  inTransaction,
  clock,
}: Pick<ReviewsDeps, 'inTransaction' | 'clock'> & { store: ReturnType<typeof createReviewStore> }) {
  return async function eraseDue(): Promise<number> {
    const now = clock.now();
    for (let erased = 0; ; await pause()) {
      const due = await store.due(now - KEPT_AFTER_DECISION, now - KEPT_UNDECIDED, PAGE);
      if (due.length === 0) return erased;
      await inTransaction((tx) =>
        store.erase(
          tx,
          due.map(({ id }) => id),
          now,
        ),
      );
      erased += due.length;
    }
  };
}

/** `Reviews.undo`. */
export function createUndo({ store, find, load, inTransaction, audit, clock }: DecideDeps) {
  return async function undo(realm: Realm, id: ReviewId, actor: Actor): Promise<ReviewItem> {
    await find(realm, id);
    await inTransaction(async (tx) => {
      const row = (await store.find(realm, id, tx))!;
      requireUndoable(row, clock.now());
      const { subject, other, decision } = row;
      if (decision === 'not-same-person' && other !== null)
        await deleteDistinct(tx, subject as SubjectId, other as SubjectId);
      await store.reopen(tx, id);
      await audit.add(tx, {
        actor,
        action: 'review.undo',
        organization: realm.organization,
        target: id,
        details: { world: realm.world, decision, subject, ...(other === null ? {} : { other }) },
      });
    });
    return load(realm, id);
  };
}

function requireUndoable(row: ReviewRow, now: number): void {
  if (row.state !== 'decided') throw new Problem('CONFLICT', 'Nothing is decided that could be undone.');
  if (decidesSession(row))
    throw new Problem(
      'CONFLICT',
      'A session went on by it: it was decided, or waits for the review of a further likeness. The decision stands.',
    );
  if (row.enrolled === 1)
    throw new Problem(
      'CONFLICT',
      `The decision enrolled ${row.other}: disable or erase that person instead.`,
    );
  const until = undoUntilOf(row);
  if (until === undefined || until <= now)
    throw new Problem('CONFLICT', 'A decision can be undone for 24 hours; this one stands.');
}

/** `Reviews.addKnownPicture`. */
export function createAddKnownPicture(deps: DecideDeps) {
  const { store, find, load, inTransaction, sealer, audit, ids, clock, subjects, faceOf } = deps;

  /** Pictures of the newcomer, as far as the models in use compare them. */
  async function newcomer(realm: Realm, row: ReviewRow): Promise<Pick<Enrollment, 'anchor' | 'templates'>[]> {
    if (row.other !== null) return subjects.enrollments(realm, row.other as SubjectId);
    if (row.order_sealed === null) return [];
    const { embeddings, files } = decodeEnrollment(
      await sealer.open(enrollmentContext(row), row.order_sealed),
    );
    const now = deps.models.current().files;
    const templates = Object.entries(embeddings)
      .filter(([embedder]) => files[embedder] === now[embedder])
      .map(([embedder, vector]) => ({ id: `waiting_${embedder}` as never, embedder, vector }));
    return [{ anchor: true, templates }];
  }

  return async function addKnownPicture(
    realm: Realm,
    id: ReviewId,
    picture: Uint8Array,
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<ReviewItem> {
    const row = requireOpen(await find(realm, id));
    const known = row.subject as SubjectId;
    const face = await faceOf({ ...realm, picture, actor, ...(signal && { signal }) });
    const compared = {
      quality: face.quality,
      ...stated('likeKnown', face.isLike(await subjects.enrollments(realm, known))),
      ...stated('likeNew', face.isLike(await newcomer(realm, row))),
    };
    const place = { id: ids.next('reviewPicture'), ...realm, subject: known };
    const picture_sealed = await sealer.seal(pictureContext(place), face.portrait);
    await inTransaction(async (tx) => {
      const open = await store.find(realm, id, tx);
      if (!open) throw new Problem('NOT_FOUND', `No review has the id ${id} any more.`);
      requireOpen(open);
      const figures: Likeness = { ...likenessOf(open), knownPicture: compared };
      const side = 'known';
      await store.replacePicture(tx, { ...place, item: id, side, picture_sealed, created_at: clock.now() });
      await store.setFigures(tx, id, JSON.stringify(figures));
      await audit.add(tx, {
        actor,
        action: 'review.add-picture',
        organization: realm.organization,
        target: id,
        details: { world: realm.world, side, subject: known, ...compared },
      });
    });
    return load(realm, id);
  };
}

const stated = <Key extends string>(key: Key, value: boolean | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in Key]?: boolean };
