import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import { document } from '../lib/installation.ts';
import { Problem } from '../lib/problem.ts';
import {
  MIGRATION_LOCK,
  RECORD_TABLES,
  recordTables,
  type Table,
  tablesInOrder,
} from '../storage/migrate.ts';
import { columnsOf, type Migration, migrationHash } from '../storage/migration.ts';
import { migrations as ourMigrations } from '../storage/migrations/index.ts';
import { type PostgresSession, withPostgresSession } from '../storage/postgres/postgres.ts';

/** Rows in one statement: templates of about 2 KB make one megabyte of them. */
const PAGE = 500;
/** The protocol counts parameters with 16 bits. */
const MOST_PARAMETERS = 65_535;

/** Everything in the database but what an extension brought, which may be there in an empty one. */
const RELATIONS = `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
  and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`;

/** Which store goes into PostgreSQL, and by which command: the record, in a restore, unless it is said. */
export interface StoreIntoPostgres {
  migrations: readonly Migration[];
  /** `gatehouse restore` */
  command: string;
  /** By which a person names the database. */
  flag: string;
}

const restoredRecord: StoreIntoPostgres = {
  migrations: ourMigrations,
  command: 'gatehouse restore',
  flag: '--database-url',
};

/** Throws CONFLICT for a PostgreSQL database that holds a table, or that cannot be read. */
export async function requireEmptyPostgres(url: string, store = restoredRecord): Promise<void> {
  await withPostgresSession(url, store.command, (session) => requireEmpty(session, store));
}

/**
 * Copies the SQLite file `from`, which has the newest schema, into the empty PostgreSQL database: tables and every row in one
 * transaction, so that all of it is there or nothing. Throws CONFLICT for a database that is not empty, cannot be reached or does not
 * let its role make tables. Gives what takes it all out again.
 */
export async function restorePostgres(
  from: string,
  url: string,
  clock: Clock,
  store = restoredRecord,
): Promise<() => Promise<void>> {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true });
  source.defaultSafeIntegers(true);
  try {
    const tables = tablesInOrder(source);
    await withPostgresSession(url, store.command, async (target) => {
      await target.query('begin');
      await target.query("set local synchronous_commit = 'on'");
      await target.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await requireEmpty(target, store);
      await makeSchema(target, store, clock);
      for (const table of tables) await copyTable(source, target, table);
      await target.query('commit');
    });
    return () => takeOut(url, [...RECORD_TABLES, ...tables.map(({ name }) => name)]);
  } finally {
    source.close();
  }
}

async function requireEmpty(client: PostgresSession, { command, flag }: StoreIntoPostgres): Promise<void> {
  const { rows } = await client.query<{ count: number }>(RELATIONS);
  const count = rows[0]?.count;
  if (count === 0) return;
  throw new Problem(
    'CONFLICT',
    `The PostgreSQL database ${pg.escapeIdentifier(client.database ?? '?')} holds ${count} tables or views already; "${command}" fills an empty one. Nothing was changed. Make a new one (createdb, "PostgreSQL" in ${document('OPERATIONS')}) and name it with ${flag}.`,
  );
}

async function makeSchema(
  target: PostgresSession,
  { migrations }: StoreIntoPostgres,
  clock: Clock,
): Promise<void> {
  for (const statement of recordTables(columnsOf.postgres)) await target.query(statement);
  for (const { name, up } of migrations) {
    const statements = up(columnsOf.postgres);
    for (const statement of statements) await target.query(statement);
    await target.query('insert into schema_migration (name, hash, applied_at) values ($1, $2, $3)', [
      name,
      migrationHash(statements),
      clock.now(),
    ]);
  }
}

async function copyTable(
  source: Sqlite.Database,
  target: PostgresSession,
  { name: table, columns }: Table,
): Promise<void> {
  const list = columns.map(quoted).join(', ');
  const most = Math.min(PAGE, Math.floor(MOST_PARAMETERS / columns.length));
  let copied = 0;
  let page: unknown[][] = [];
  const write = async () => {
    if (page.length === 0) return;
    const rows = page.map(
      (_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`).join(', ')})`,
    );
    await target.query(`insert into ${quoted(table)} (${list}) values ${rows.join(', ')}`, page.flat());
    copied += page.length;
    page = [];
  };
  for (const row of source
    .prepare(`select ${list} from ${quoted(table)}`)
    .raw()
    .iterate()) {
    page.push(row as unknown[]);
    if (page.length === most) await write();
  }
  await write();
  const { rows } = await target.query<{ count: number }>(`select count(*) from ${quoted(table)}`);
  if (rows[0]?.count !== copied) {
    throw new Error(`PostgreSQL holds ${rows[0]?.count} rows of ${table} after ${copied} were written.`);
  }
}

async function takeOut(url: string, tables: readonly string[]): Promise<void> {
  await withPostgresSession(url, 'gatehouse restore', async (client) => {
    await client.query(`drop table ${tables.map(quoted).join(', ')}`);
  });
}

/** Names come from our own migrations. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
