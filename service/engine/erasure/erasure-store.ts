import { type Insertable, type Selectable, sql } from 'kysely';
import type { ErasureId, OrganizationId } from '../../lib/id.ts';
import { emptyLog } from '../../storage/empty-log.ts';
import { unfinishedStates } from '../../storage/erasure-conditions.ts';
import { homeSchema, keptSchemas } from '../../storage/postgres/kept-schemas.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../subjects/index.ts';
import type { TableSearch } from './receipt.ts';

export type ErasureRow = Selectable<Schema['erasure']>;
export type ErasureState = 'intended' | 'key-destroyed' | 'pending' | 'done';

export type ErasureStore = ReturnType<typeof createErasureStore>;

/** The table `erasure`, and the search of every other table for an id. */
export function createErasureStore({ db, dialect }: { db: Db; dialect: 'sqlite' | 'postgres' }) {
  const unfinished = () =>
    db.selectFrom('erasure').selectAll().where('state', 'in', unfinishedStates).orderBy('id');

  return {
    async insert(tx: Tx, row: Insertable<Schema['erasure']>): Promise<void> {
      await tx.insertInto('erasure').values(row).execute();
    },
    /**
     * Every column that holds this id, of every table but these, which go on naming the person: none, once the erasure is done.
     */
    async tablesNaming(id: string, keeping: ReadonlySet<string>): Promise<TableSearch> {
      const found: TableSearch['found'] = [];
      const home = dialect === 'postgres' ? await homeSchema(db) : undefined;
      const tables = (await db.introspection.getTables()).filter(
        ({ name, schema }) => !keeping.has(name) && (home === undefined || schema === home),
      );
      for (const { name, columns } of tables) {
        for (const column of columns.filter(({ dataType }) => dataType.toLowerCase() === 'text')) {
          const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}
            where ${sql.ref(column.name)} like ${`%${id}%`}`.execute(db);
          const n = Number(rows[0]?.n ?? 0);
          if (n > 0) found.push({ table: name, column: column.name, rows: n });
        }
      }
      return { searched: tables.length, found };
    },
    /** Where the database is kept as it was: PostgreSQL schemas of snapshots, and of what `migrate --back` put aside. */
    keptCopies: async (): Promise<string[]> => (dialect === 'postgres' ? keptSchemas(db) : []),
    get: (id: ErasureId): Promise<ErasureRow | undefined> =>
      db.selectFrom('erasure').selectAll().where('id', '=', id).executeTakeFirst(),
    async ofSubject({ organization, world }: Realm, subject: string): Promise<ErasureRow | undefined> {
      return db
        .selectFrom('erasure')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('subject', '=', subject)
        .executeTakeFirst();
    },
    async page(
      organization: OrganizationId,
      { pending, limit, before }: { pending: boolean; limit: number; before?: ErasureId },
    ): Promise<ErasureRow[]> {
      const rows = pending ? unfinished() : db.selectFrom('erasure').selectAll();
      return rows
        .where('organization', '=', organization)
        .where('receipt', 'is not', null)
        .$if(before !== undefined, (older) => older.where('id', '<', before!))
        .clearOrderBy()
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
    },
    unfinished: () => unfinished().execute(),
    /** Everybody whose key was destroyed, as far as this database knows. */
    async destroyed() {
      return db
        .selectFrom('erasure')
        .select(['id', 'organization', 'world', 'subject', 'intended_at'])
        .where('state', '!=', 'intended')
        .execute();
    },
    async keysDestroyed(ids: readonly string[], copies: string): Promise<void> {
      if (ids.length === 0) return;
      await db
        .updateTable('erasure')
        .set({ state: 'key-destroyed', copies })
        .where('id', 'in', ids)
        .where('state', '=', 'intended')
        .execute();
    },
    /** False when it was settled by somebody else since the row was read. */
    async settle(
      tx: Tx,
      { id, receipt }: Pick<ErasureRow, 'id' | 'receipt'>,
      values: Pick<ErasureRow, 'state' | 'copies' | 'receipt' | 'completed_at'>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('erasure')
        .set(values)
        .where('id', '=', id)
        .where('state', '!=', 'done')
        .where('receipt', receipt === null ? 'is' : '=', receipt)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /**
     * Writes the log of a SQLite database into its file, where deleted rows were overwritten, and empties it. False when
     * somebody reads and it has to be tried again. PostgreSQL keeps deleted rows, which nothing opens, until it vacuums.
     */
    emptyLog: async (): Promise<boolean> => dialect === 'postgres' || emptyLog(db),
  };
}
