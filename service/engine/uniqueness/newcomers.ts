import { defined } from '../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Realm } from '../people/index.ts';
import {
  candidateOf,
  createJoin,
  createSight,
  idsOf,
  type JudgeDeps,
  type Judged,
  type Sighting,
  type UniquenessRequest,
} from './judge.ts';
import { createMemberStore } from './member-store.ts';
import type { DuplicateCandidates } from './review/duplicate-candidates.ts';
import { requireSameModels, type WaitingEnrollment } from './review/review-item.ts';
import type { WaitingNewcomers } from './review/reviews-deps.ts';
import type { Scope } from './scope.ts';
import { createWaitStore, type WaitRow } from './scope-store.ts';
import { turnOf } from './scopes.ts';

/** A session that waited, and what became of its person. */
export interface DecidedNewcomer {
  realm: Realm;
  session: string;
  judged: Judged;
  /** No reviewer decided within 72 hours. */
  undecided?: true;
}

/** Called in the transaction of the decision; leaves alone a session that waits no more. */
export type OnDecided = (tx: Tx, decided: DecidedNewcomer) => Promise<void>;

export interface NewcomersDeps extends JudgeDeps {
  candidates: Pick<DuplicateCandidates, 'enrolled' | 'newcomer' | 'withdraw'>;
  scopes: JudgeDeps['scopes'] & {
    store: { byId(realm: Realm, id: string): Promise<Scope | undefined> };
  };
  /** The plan by which faces are compared now, of the organization's profile `default`. */
  planOf(realm: Realm): Promise<UniquenessRequest['plan']>;
  decided: OnDecided;
}

/** Waits that are ended in one go. */
const PAGE = 100;

/** What becomes of newcomers who wait. */
export function createNewcomers(deps: NewcomersDeps) {
  return { review: createReviewed(deps), ...createWaitEnds(deps) };
}

type End = (
  tx: Tx,
  newcomer: { realm: Realm; item: string },
  row: WaitRow | undefined,
  judged: Judged,
) => Promise<void>;

/** Ends the wait. Throws CONFLICT where it is over already. */
const createEnd =
  ({ db, decided }: Pick<NewcomersDeps, 'db' | 'decided'>): End =>
  async (tx, { realm, item }, row, judged) => {
    if (!row || !(await createWaitStore(db).remove(tx, item))) throw waitsNoMore();
    await decided(tx, { realm, session: row.session, judged });
  };

const waitsNoMore = () => new Problem('CONFLICT', 'The session does not wait for this review any more.');

/** A row that another program wrote may name another session than the one whose face was reviewed. */
const isOf = (row: WaitRow, { session = row.session, scope = row.scope }: WaitingEnrollment): boolean =>
  session === row.session && scope === row.scope;

/** Decisions of reviewers. */
function createReviewed(deps: NewcomersDeps): WaitingNewcomers {
  const { db, inTransaction, clock, turns, scopes, models } = deps;
  const waits = createWaitStore(db);
  const members = createMemberStore(db);
  const sight = createSight(deps);
  const join = createJoin(deps);
  const end = createEnd(deps);
  const waitAgain = createWaitAgain(deps);

  return {
    async admit({ realm, item, compared, order: sent, portrait, actor }, settle) {
      requireSameModels(sent, models.current().files);
      const row = await waits.ofItem(item);
      const scope = row && (await scopes.store.byId(realm, row.scope));
      if (!row || !scope || !isOf(row, sent)) throw waitsNoMore();
      const { embeddings, pixelHash, quality, consent, existing, reference } = sent;
      const order: UniquenessRequest = {
        realm,
        scope: scope.name,
        policy: 'block',
        embeddings,
        pixelHash,
        quality,
        actor,
        plan: await deps.planOf(realm),
        session: row.session,
        ...defined({ consent, self: existing, reference, portrait }),
      };
      await turns(turnOf(realm, scope.name), async () => {
        const open = await scopes.forUse(realm, scope.name, actor);
        // Also of another session of the same person, who was let in meanwhile.
        const others = compared.map(({ subject }) => subject);
        const sighting = await sight(order, open, others);
        const { nearest, again } = sighting;
        if (!nearest) {
          await join(order, open, undefined, async (tx, judged) => {
            await settle(tx, judged.subject);
            await end(tx, { realm, item }, row, judged);
          });
          return;
        }
        const { member } = nearest;
        await inTransaction(async (tx) => {
          await settle(tx, undefined);
          if (!member || !again)
            return waitAgain(tx, order, sighting, { row, waiting: { ...sent, compared } });
          await members.seen(tx, member.id, clock.now());
          const ids = idsOf(deps.keys, open, member);
          await end(tx, { realm, item }, row, { outcome: 'known', action: 'accept', ...ids });
        });
      });
    },
    async refuse(tx, { realm, item, known }) {
      await end(tx, { realm, item }, await waits.ofItem(item, tx), refused(known));
    },
  };
}

/**
 * The face is like that of a further person, and only a reviewer says that they are one: the session waits on, to the end of the first
 * wait. A duplicate where too many wait.
 */
function createWaitAgain(deps: NewcomersDeps) {
  const { db, candidates, decided } = deps;
  const waits = createWaitStore(db);

  return async function waitAgain(
    tx: Tx,
    order: UniquenessRequest,
    sighting: Sighting,
    { row, waiting }: { row: WaitRow; waiting: WaitingEnrollment },
  ): Promise<void> {
    if (!(await waits.remove(tx, row.item))) throw waitsNoMore();
    const known = sighting.nearest!.subject;
    const item = await candidates.newcomer(tx, candidateOf(order, sighting, known), waiting);
    if (item !== undefined) return waits.insert(tx, { ...row, item });
    await decided(tx, { realm: order.realm, session: row.session, judged: refused(known) });
  };
}

/** Waits that end without a decision. */
function createWaitEnds({ db, inTransaction, clock, candidates, decided }: NewcomersDeps) {
  const waits = createWaitStore(db);
  return {
    /** The session is over: its newcomer waits no more. In the transaction that ends it. */
    async withdraw(tx: Tx, session: string): Promise<void> {
      const row = await waits.ofSession(tx, session);
      if (!row) return;
      await waits.remove(tx, row.item);
      await candidates.withdraw(tx, row.item as ReviewId);
    },
    /** Ends the waits of 72 hours and more: undecided, the newcomer is a duplicate. */
    async expireDue(): Promise<number> {
      for (let ended = 0; ; ) {
        const due = await waits.due(clock.now(), PAGE);
        if (due.length === 0) return ended;
        for (const row of due) {
          const realm = { organization: row.organization, world: row.world } as Realm;
          await inTransaction(async (tx) => {
            if (!(await waits.remove(tx, row.item))) return;
            await candidates.withdraw(tx, row.item as ReviewId);
            await decided(tx, { realm, session: row.session, judged: refused(undefined), undecided: true });
          });
        }
        ended += due.length;
      }
    },
  };
}

const refused = (duplicateOf: SubjectId | undefined): Judged => ({
  outcome: 'known',
  action: 'duplicate',
  ...defined({ duplicateOf }),
});
