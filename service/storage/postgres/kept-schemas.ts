import { sql } from 'kysely';
import type { Db } from '../transaction.ts';

/** Before the time in the name of a PostgreSQL schema that holds a snapshot. */
export const SNAPSHOT_PREFIX = 'gatehouse_snapshot_';
/** The same for the database that `migrate --back` put aside. */
export const ASIDE_PREFIX = 'gatehouse_aside_';

/** Names of the schemas beside the database's own that hold it as it was. */
export const KEPT_SCHEMAS = `select nspname as name from pg_namespace
  where starts_with(nspname, '${SNAPSHOT_PREFIX}') or starts_with(nspname, '${ASIDE_PREFIX}') order by nspname`;

/** Names of the kept schemas of a PostgreSQL database, in order. */
export async function keptSchemas(db: Db): Promise<string[]> {
  const { rows } = await sql.raw<{ name: string }>(KEPT_SCHEMAS).execute(db);
  return rows.map(({ name }) => name);
}

/** The schema in which a PostgreSQL database has the tables that are read by their bare names. */
export async function homeSchema(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select n.nspname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('schema_migration')`.execute(
    db,
  );
  return rows[0]?.name;
}
