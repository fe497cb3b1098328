import { type ExpressionBuilder, type Insertable, type Selectable, sql } from 'kysely';
import type { ErasureId, OrganizationId } from '../../../lib/id.ts';
import { isSound, withMac } from '../../../storage/keys/protected-tables.ts';
import { isUnfinished } from '../../../storage/legal-holds.ts';
import { changesRow, findsRow, readablePage } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Person } from '../../audit/index.ts';
import type { Realm } from '../subjects/subject.ts';

export type ErasureRow = Selectable<Schema['erasure']>;

export type ErasureStore = ReturnType<typeof createErasureStore>;

/** The table `erasure`. A row that another program wrote or changed is none: it destroys no key. */
export function createErasureStore(db: Db, integrity: RowIntegrity) {
  const isOwn = (row: Parameters<typeof isSound>[2]) => isSound(integrity, 'erasure', row);
  return {
    async insert(tx: Tx, row: Insertable<Schema['erasure']>): Promise<void> {
      await tx
        .insertInto('erasure')
        .values(withMac(integrity, 'erasure', row))
        .execute();
    },
    async get(id: ErasureId): Promise<ErasureRow | undefined> {
      const row = await db.selectFrom('erasure').selectAll().where('id', '=', id).executeTakeFirst();
      return row && isOwn(row) ? row : undefined;
    },
    async ofSubject({ organization, world }: Realm, subject: string): Promise<ErasureRow | undefined> {
      const rows = await db
        .selectFrom('erasure')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('subject', '=', subject)
        .execute();
      return rows.find(isOwn);
    },
    /** With a receipt, of those that `read` can read. */
    page: <Read>(
      read: (row: ErasureRow) => Read | undefined,
      organization: PageRequest[0],
      order: PageRequest[1],
    ): Promise<Read[]> =>
      readablePage<ErasureRow, Read>(
        (before) => pageOfErasures(db, organization, { ...order, before: before as ErasureId | undefined }),
        order,
        read,
      ),
    unfinished: async () =>
      (await db.selectFrom('erasure').selectAll().where(isUnfinished).orderBy('id').execute()).filter(isOwn),
    /** Whether one has a receipt and waits. */
    isPending: () =>
      db
        .selectFrom('erasure')
        .select('id')
        .where(isUnfinished)
        .where('receipt', 'is not', null)
        .limit(1)
        .$call(findsRow),
    /** The people whose keys were destroyed, as far as this database knows. */
    async destroyed() {
      const rows = await db
        .selectFrom('erasure')
        .select([
          'id',
          'organization',
          'world',
          'subject',
          'reason',
          'actor',
          'request',
          'intended_at',
          'consents',
          'mac',
        ])
        .where('state', '!=', 'intended')
        .execute();
      return rows.filter(isOwn);
    },
    async keysDestroyed(tx: Tx, ids: readonly string[], copies: string): Promise<void> {
      await tx
        .updateTable('erasure')
        .set({ state: 'key-destroyed', copies })
        .where('id', 'in', ids)
        .where('state', '=', 'intended')
        .execute();
    },
    /** False when another process settled it since the row was read. */
    settle: (
      tx: Tx,
      { id, receipt }: Pick<ErasureRow, 'id' | 'receipt'>,
      values: Pick<ErasureRow, 'state' | 'copies' | 'receipt' | 'completed_at'>,
    ): Promise<boolean> =>
      tx
        .updateTable('erasure')
        .set(values)
        .where('id', '=', id)
        .where('state', '!=', 'done')
        .where('receipt', receipt === null ? 'is' : '=', receipt)
        .$call(changesRow),
  };
}

type PageRequest = [
  organization: OrganizationId,
  page: {
    pending: boolean;
    limit: number;
    before?: ErasureId | undefined;
    reference?: string | undefined;
  },
];

const pageOfErasures = (db: Db, ...[organization, { pending, limit, before, reference }]: PageRequest) =>
  db
    .selectFrom('erasure')
    .selectAll()
    .$if(pending, (query) => query.where(isUnfinished))
    .where('organization', '=', organization)
    .where('receipt', 'is not', null)
    .$if(reference !== undefined, (query) => query.where(isNamed(reference!.toLowerCase())))
    .$if(before !== undefined, (older) => older.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** By the id of the erasure or of the person, or by the last six characters of either. */
const isNamed =
  (reference: string) =>
  ({ eb, fn, or }: ExpressionBuilder<Schema, 'erasure'>) =>
    or(
      (['id', 'subject'] as const).map((column) =>
        reference.includes('_')
          ? eb(column, '=', reference)
          : eb(fn('substr', [column, sql`length(${sql.ref(column)}) - 5`]), '=', reference),
      ),
    );

/** Receipts in the order of their erasures, after `after`. */
export async function pageOfReceipts(
  db: Db,
  after: string,
  limit: number,
): Promise<{ id: string; organization: OrganizationId; subject: string; receipt: string }[]> {
  const rows = await db
    .selectFrom('erasure')
    .select(['id', 'organization', 'subject', 'receipt'])
    .where('id', '>', after)
    .where('receipt', 'is not', null)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...row,
    organization: row.organization as OrganizationId,
    receipt: row.receipt!,
  }));
}

/** Whether the erasure of the person has begun. */
export const isErased = (db: Db, { organization, world, subject }: Person): Promise<boolean> =>
  db
    .selectFrom('erasure')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('subject', '=', subject)
    .limit(1)
    .$call(findsRow);
