import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, ReviewId, SubjectId, World } from '../../../lib/id.ts';
import { countRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { SealContext, Sealer } from '../../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Realm } from '../../people/index.ts';
import {
  KEPT_AFTER_DECISION,
  KEPT_UNDECIDED,
  type Likeness,
  type ReviewDecision,
  type ReviewItem,
  type ReviewKind,
  type ReviewSide,
  type ReviewState,
} from './review-item.ts';

export type ReviewRow = Selectable<Schema['review_item']>;
type ReviewPictureRow = Selectable<Schema['review_picture']>;
type VoteRow = Selectable<Schema['review_vote']>;

export type ReviewSealer = Pick<Sealer, 'seal' | 'open' | 'emailHash'>;

const VERSION = 1;

/** The sealed column of a waiting enrollment: under the key of the enrolled person whose face is similar. */
export const enrollmentContext = (
  row: Pick<ReviewRow, 'id' | 'organization' | 'world' | 'subject'>,
): SealContext => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: row.subject as SubjectId,
  field: `review_item.order/${row.id}`,
  version: VERSION,
});

export const pictureContext = (
  row: Pick<ReviewPictureRow, 'id' | 'organization' | 'world' | 'subject'>,
): SealContext => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: row.subject as SubjectId,
  field: `review_picture.picture/${row.id}`,
  version: VERSION,
});

const inRealm = (from: Db | Tx, { organization, world }: Realm) =>
  from
    .selectFrom('review_item')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world);

/** The tables `review_item`, `review_picture` and `review_vote`. */
export function createReviewStore({ db }: { db: Db }) {
  return {
    insert: async (tx: Tx, row: ReviewRow): Promise<void> => {
      await tx.insertInto('review_item').values(row).execute();
    },
    find: (realm: Realm, id: string, tx?: Tx): Promise<ReviewRow | undefined> =>
      inRealm(tx ?? db, realm)
        .where('id', '=', id)
        .executeTakeFirst(),
    /** The newest first. */
    page: (
      realm: Realm,
      {
        state,
        kind,
        before,
        limit,
      }: { state?: ReviewState; kind?: ReviewKind; before?: string; limit: number },
    ): Promise<ReviewRow[]> =>
      inRealm(db, realm)
        .$if(state !== undefined, (query) => query.where('state', '=', state!))
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind!))
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    countOpen: ({ organization, world }: Realm, tx?: Tx): Promise<number> =>
      (tx ?? db)
        .selectFrom('review_item')
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('state', '=', 'open')
        .$call(countRows),
    /** One that is open about the same two: a person and another, or an address that waits. */
    async findOpen(
      tx: Tx | undefined,
      realm: Realm,
      about: { known: SubjectId; other?: SubjectId; emailHash?: string },
    ): Promise<ReviewId | undefined> {
      const { known, other, emailHash } = about;
      const row = await inRealm(tx ?? db, realm)
        .where('state', '=', 'open')
        .where((eb) =>
          other === undefined
            ? eb.and([eb('subject', '=', known), eb('email_hash', '=', emailHash ?? '')])
            : eb.or([
                eb.and([eb('subject', '=', known), eb('other', '=', other)]),
                eb.and([eb('subject', '=', other), eb('other', '=', known)]),
              ]),
        )
        .limit(1)
        .executeTakeFirst();
      return row?.id as ReviewId | undefined;
    },
    ...createPictureStore(db),
    ...createDecisionStore(db),
    ...createErasureStore(db),
  };
}

function createPictureStore(db: Db) {
  return {
    insertPicture: async (tx: Tx, row: ReviewPictureRow): Promise<void> => {
      await tx.insertInto('review_picture').values(row).execute();
    },
    /** In place of one of the same side. */
    async replacePicture(tx: Tx, row: ReviewPictureRow): Promise<void> {
      await tx
        .deleteFrom('review_picture')
        .where('item', '=', row.item)
        .where('side', '=', row.side)
        .execute();
      await tx.insertInto('review_picture').values(row).execute();
    },
    picturesOf: (items: readonly string[]): Promise<Pick<ReviewPictureRow, 'item' | 'side'>[]> =>
      items.length === 0
        ? Promise.resolve([])
        : db.selectFrom('review_picture').select(['item', 'side']).where('item', 'in', items).execute(),
    picture: (item: ReviewId, side: ReviewSide): Promise<ReviewPictureRow | undefined> =>
      db
        .selectFrom('review_picture')
        .selectAll()
        .where('item', '=', item)
        .where('side', '=', side)
        .executeTakeFirst(),
  };
}

/** Votes and decisions. */
function createDecisionStore(db: Db) {
  return {
    votesOf: (items: readonly string[], tx?: Tx): Promise<VoteRow[]> =>
      items.length === 0
        ? Promise.resolve([])
        : (tx ?? db).selectFrom('review_vote').selectAll().where('item', 'in', items).orderBy('at').execute(),
    setFigures: async (tx: Tx, id: string, figures: string): Promise<void> => {
      await tx.updateTable('review_item').set({ figures }).where('id', '=', id).execute();
    },
    async vote(tx: Tx, row: VoteRow): Promise<void> {
      await tx
        .insertInto('review_vote')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['item', 'actor']).doUpdateSet({ decision: row.decision, at: row.at }),
        )
        .execute();
    },
    async decide(
      tx: Tx,
      id: string,
      decided: { decision: ReviewDecision; by: string; at: number; enrolled?: SubjectId },
    ): Promise<void> {
      const { decision, by, at, enrolled } = decided;
      await tx
        .updateTable('review_item')
        .set({ state: 'decided', decision, decided_by: by, decided_at: at })
        .$if(enrolled !== undefined, (query) => query.set({ other: enrolled!, enrolled: 1 }))
        .where('id', '=', id)
        .execute();
    },
    /** Open again, without any vote. */
    async reopen(tx: Tx, id: string): Promise<void> {
      await tx
        .updateTable('review_item')
        .set({ state: 'open', decision: null, decided_by: null, decided_at: null })
        .where('id', '=', id)
        .execute();
      await tx.deleteFrom('review_vote').where('item', '=', id).execute();
    },
  };
}

function createErasureStore(db: Db) {
  return {
    /** Due reviews with data left to erase, of people without a legal hold. */
    due: (
      decidedBefore: number,
      arrivedBefore: number,
      limit: number,
    ): Promise<Pick<ReviewRow, 'id' | 'state'>[]> =>
      db
        .selectFrom('review_item')
        .select(['id', 'state'])
        .where('erased_at', 'is', null)
        .where((eb) => eb.or([eb('decided_at', '<=', decidedBefore), eb('created_at', '<=', arrivedBefore)]))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('legal_hold')
                .select('legal_hold.id')
                .where('legal_hold.released_at', 'is', null)
                .where((eb) =>
                  eb.or([
                    eb('legal_hold.subject', '=', eb.ref('review_item.subject')),
                    eb('legal_hold.subject', '=', eb.ref('review_item.other')),
                  ]),
                ),
            ),
          ),
        )
        .orderBy('id')
        .limit(limit)
        .execute(),
    /** Pictures and what waits go; what was decided stays. */
    async erase(tx: Tx, ids: readonly string[], at: number): Promise<void> {
      await tx.deleteFrom('review_picture').where('item', 'in', ids).execute();
      await tx
        .updateTable('review_item')
        .set({ order_sealed: null, email_hash: null, erased_at: at })
        .where('id', 'in', ids)
        .execute();
      await tx
        .updateTable('review_item')
        .set({ state: 'expired' })
        .where('id', 'in', ids)
        .where('state', '=', 'open')
        .execute();
    },
  };
}

export function fromRow(
  row: ReviewRow,
  pictures: readonly Pick<ReviewPictureRow, 'item' | 'side'>[],
  votes: readonly VoteRow[],
  now: number,
): ReviewItem {
  const undoUntil = undoUntilOf(row);
  return {
    id: row.id as ReviewId,
    kind: row.kind as ReviewKind,
    policy: row.policy as ReviewItem['policy'],
    known: row.subject as SubjectId,
    ...defined({ other: (row.other ?? undefined) as SubjectId | undefined }),
    enrolled: row.enrolled === 1,
    likeness: likenessOf(row),
    state: row.state as ReviewState,
    ...(row.decision === null
      ? {}
      : {
          decided: {
            by: row.decided_by!,
            decision: row.decision as ReviewDecision,
            at: row.decided_at!,
          },
        }),
    votes: votes.flatMap(({ item, actor, decision, at }) =>
      item === row.id ? [{ by: actor, decision: decision as ReviewDecision, at }] : [],
    ),
    createdAt: row.created_at,
    erasedBy: row.erased_at ?? erasedByOf(row),
    pictures: pictures.flatMap(({ item, side }) => (item === row.id ? [side as ReviewSide] : [])),
    ...(undoUntil !== undefined && undoUntil > now ? { undoUntil } : {}),
  };
}

/** Figures of zero where they are damaged: people decide by the pictures. */
export const likenessOf = ({ figures }: Pick<ReviewRow, 'figures'>): Likeness =>
  parseJson<Likeness>(figures) ?? { scorer: '', score: 0, threshold: 0, pictures: 0, quality: 0 };

const erasedByOf = ({ created_at, decided_at }: ReviewRow): number =>
  Math.min(created_at + KEPT_UNDECIDED, decided_at === null ? Infinity : decided_at + KEPT_AFTER_DECISION);

/**
 * Undefined where it is not decided, or cannot be undone: an enrollment is undone by erasing the person, and what decided a session
 * stands.
 */
export const undoUntilOf = (row: ReviewRow): number | undefined => {
  const { state, decided_at, enrolled, erased_at } = row;
  return state === 'decided' &&
    enrolled === 0 &&
    !decidesSession(row) &&
    erased_at === null &&
    decided_at !== null
    ? decided_at + KEPT_AFTER_DECISION
    : undefined;
};

/** A session waits for the decision. */
export const decidesSession = ({ kind, policy }: Pick<ReviewRow, 'kind' | 'policy'>): boolean =>
  kind === 'uniqueness' && policy === 'block';
