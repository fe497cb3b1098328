import { type Insertable, type Selectable, sql } from 'kysely';
import type { ErasureId, OrganizationId, SubjectId } from '../../lib/id.ts';
import { emptyLog } from '../../storage/empty-log.ts';
import { notBeingErased, unfinishedStates } from '../../storage/erasure-conditions.ts';
import { homeSchema, keptSchemas } from '../../storage/postgres/kept-schemas.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { forgetAlerts } from '../alerts/index.ts';
import { forgetDeliveries } from '../deliveries/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { TableSearch } from './receipt.ts';

export type ErasureRow = Selectable<Schema['erasure']>;
export type ErasureState = 'intended' | 'key-destroyed' | 'pending' | 'done';

export type ErasureStore = ReturnType<typeof createErasureStore>;

/** Where the id of an erased person stays: what was done and by whom, and the signed receipt. */
const mayName: ReadonlySet<string> = new Set(['audit', 'erasure']);

/** Parameters of one statement. */
const PAGE = 500;

/** The table `erasure`, and the removing of everything that other tables hold about a person. */
export function createErasureStore({ db, dialect }: { db: Db; dialect: 'sqlite' | 'postgres' }) {
  const unfinished = () =>
    db.selectFrom('erasure').selectAll().where('state', 'in', unfinishedStates).orderBy('id');

  return {
    async isThere(tx: Tx, { organization, world }: Realm, subject: SubjectId): Promise<boolean> {
      const row = await tx
        .selectFrom('subject')
        .select('id')
        .where('id', '=', subject)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where(notBeingErased)
        .executeTakeFirst();
      return row !== undefined;
    },
    /**
     * From here on no read finds the person, and the address is free. What is known of the address by its hash goes now, since
     * the hash is not known later.
     */
    async intend(tx: Tx, row: Insertable<Schema['erasure']>): Promise<{ emailHash?: string }> {
      await tx.insertInto('erasure').values(row).execute();
      const subject = await tx
        .selectFrom('subject')
        .select('email_hash')
        .where('id', '=', row.subject)
        .executeTakeFirst();
      if (subject?.email_hash == null) return {};
      await tx.updateTable('subject').set({ email_hash: null }).where('id', '=', row.subject).execute();
      await tx
        .deleteFrom('claim')
        .where('organization', '=', row.organization)
        .where('world', '=', row.world)
        .where('claim_hash', '=', subject.email_hash)
        .execute();
      return { emailHash: subject.email_hash };
    },
    /**
     * Every column of every table that holds this id, but for the audit log and the receipts: none, once the erasure is done.
     */
    async tablesNaming(id: string): Promise<TableSearch> {
      const found: TableSearch['found'] = [];
      const home = dialect === 'postgres' ? await homeSchema(db) : undefined;
      const tables = (await db.introspection.getTables()).filter(
        ({ name, schema }) => !mayName.has(name) && (home === undefined || schema === home),
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
    /** Everything the database holds about these people. What others count by (figures of verifications) stays without them. */
    async removeRows(tx: Tx, subjects: readonly SubjectId[], now: number): Promise<void> {
      if (subjects.length === 0) return;
      await tx
        .updateTable('verification')
        .set({ subject: null, place_sealed: null, device_sealed: null, probe_sealed: null })
        .where('subject', 'in', subjects)
        .execute();
      await forgetDeliveries(tx, subjects, now);
      await forgetAlerts(tx, subjects, now);
      for (const table of ['template', 'consent', 'consent_withdrawal', 'legal_hold'] as const) {
        await tx.deleteFrom(table).where('subject', 'in', subjects).execute();
      }
      await tx.deleteFrom('subject').where('id', 'in', subjects).execute();
    },
    /** Those of these people who have a row, and whose erasure this database knows nothing of. */
    async present(subjects: readonly SubjectId[]): Promise<Set<SubjectId>> {
      const found = new Set<SubjectId>();
      for (let i = 0; i < subjects.length; i += PAGE) {
        const rows = await db
          .selectFrom('subject')
          .select('id')
          .where('id', 'in', subjects.slice(i, i + PAGE))
          .where(notBeingErased)
          .execute();
        for (const { id } of rows) found.add(id as SubjectId);
      }
      return found;
    },

    /** People under a hold that was not released, in either world. */
    async held(organization: OrganizationId): Promise<SubjectId[]> {
      const rows = await db
        .selectFrom('legal_hold')
        .select('subject')
        .distinct()
        .where('organization', '=', organization)
        .where('released_at', 'is', null)
        .orderBy('subject')
        .execute();
      return rows.map(({ subject }) => subject as SubjectId);
    },

    async get(id: ErasureId): Promise<ErasureRow | undefined> {
      return db.selectFrom('erasure').selectAll().where('id', '=', id).executeTakeFirst();
    },
    async ofSubject({ organization, world }: Realm, subject: string): Promise<ErasureRow | undefined> {
      return db
        .selectFrom('erasure')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('subject', '=', subject)
        .executeTakeFirst();
    },
    async list(
      organization: OrganizationId,
      { pending, limit }: { pending: boolean; limit: number },
    ): Promise<ErasureRow[]> {
      const rows = pending ? unfinished() : db.selectFrom('erasure').selectAll();
      return rows
        .where('organization', '=', organization)
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
