import { sql } from 'kysely';
import { emptyLog } from '../../../storage/empty-log.ts';
import { fileOf, findText } from '../../../storage/file-reading/find-text.ts';
import { homeSchema, keptSchemas } from '../../../storage/postgres/check-postgres.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { TableSearch } from './ledger.ts';

export interface DatabaseTracesDeps {
  db: Db;
  dialect: 'sqlite' | 'postgres';
}

/** Every column that holds this id, of every table but these, which go on naming the person: none, once the erasure is done. */
export async function findTablesNaming(
  { db, dialect }: DatabaseTracesDeps,
  id: string,
  keeping: ReadonlySet<string>,
): Promise<TableSearch> {
  const found: TableSearch['found'] = [];
  const home = dialect === 'postgres' ? await homeSchema(db) : undefined;
  const tables = (await db.introspection.getTables()).filter(
    ({ name, schema }) => !keeping.has(name) && (home === undefined || schema === home),
  );
  const searched = tables
    .map(({ name, columns }) => ({
      table: name,
      columns: columns
        .filter(({ dataType }) => dataType.toLowerCase() === 'text')
        .map((column) => column.name),
    }))
    .filter(({ columns }) => columns.length > 0);
  const path = dialect === 'sqlite' ? await fileOf(db) : undefined;
  if (path !== undefined)
    return { searched: tables.length, found: await findText({ path, text: id, tables: searched }) };
  for (const { table, columns } of searched) {
    for (const column of columns) {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}
        where ${sql.ref(column)} like ${`%${id}%`}`.execute(db);
      const n = Number(rows[0]?.n ?? 0);
      if (n > 0) found.push({ table, column, rows: n });
    }
  }
  return { searched: tables.length, found };
}

/** Where the database is kept as it was: PostgreSQL schemas of snapshots, and of what `migrate --back` put aside. */
export const findKeptCopies = async ({ db, dialect }: DatabaseTracesDeps): Promise<string[]> =>
  dialect === 'postgres' ? keptSchemas(db) : [];

/**
 * Writes the log of a SQLite database into its file, where deleted rows were overwritten, and empties it. False while another
 * connection reads: it has to be tried again. PostgreSQL keeps deleted rows, which nothing opens, until it vacuums.
 */
export const emptyDatabaseLog = async ({ db, dialect }: DatabaseTracesDeps): Promise<boolean> =>
  dialect === 'postgres' || emptyLog(db);
