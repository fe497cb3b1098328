import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import { unreachable } from './check-postgres.ts';
import { connectTimeoutOf } from './connect-timeout.ts';
import { MIGRATION_LOCK, schemaTable } from './migrate.ts';
import { columnsOf, migrationHash } from './migration.ts';
import { migrations } from './migrations/index.ts';
import { explainRefusal } from './postgres-refusal.ts';

/** Rows in one statement: templates of about 2 KB make one megabyte of them. */
const PAGE = 500;
/** The protocol counts parameters with 16 bits. */
const MOST_PARAMETERS = 65_535;

/** Everything in the database but what an extension brought, which may be there in an empty one. */
const RELATIONS = `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
  and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`;

/** Throws CONFLICT for a PostgreSQL database that holds a table, or that cannot be read. */
export async function requireEmptyPostgres(url: string): Promise<void> {
  await withClient(url, requireEmpty);
}

/**
 * Copies the SQLite file `from`, which has the newest schema, into the empty PostgreSQL database: tables and every row in one
 * transaction, so that all of it is there or nothing. Throws CONFLICT for a database that is not empty, cannot be reached or does not
 * let its role make tables. Gives what takes it all out again.
 */
export async function restorePostgres(from: string, url: string, clock: Clock): Promise<() => Promise<void>> {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true });
  source.defaultSafeIntegers(true);
  try {
    const tables = inOrderOfReferences(source);
    await withClient(url, async (target) => {
      await target.query('begin');
      await target.query("set local synchronous_commit = 'on'");
      await target.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await requireEmpty(target);
      await makeSchema(target, clock);
      for (const table of tables) await copyTable(source, target, table);
      await target.query('commit');
    });
    return () => takeOut(url, ['schema_migration', ...tables]);
  } finally {
    source.close();
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'gatehouse restore',
    connectionTimeoutMillis: connectTimeoutOf(url),
  });
  client.on('error', () => {}); // the query it carries fails
  try {
    await client.connect().catch((error: unknown) => {
      throw explainRefusal(error, url) ?? unreachable(error);
    });
    await work(client);
  } catch (error) {
    throw explainRefusal(error, url) ?? error;
  } finally {
    // Ends an open transaction: nothing of it stays.
    await client.end().catch(() => {});
  }
}

async function requireEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ count: string }>(RELATIONS);
  const count = Number(rows[0]?.count);
  if (count === 0) return;
  throw new Problem(
    'CONFLICT',
    `The PostgreSQL database ${pg.escapeIdentifier(client.database ?? '?')} holds ${count} tables or views already; a restore goes into an empty one. Nothing was changed. Make a new one (createdb, "PostgreSQL" in docs/OPERATIONS.md) and name it with --database-url.`,
  );
}

async function makeSchema(target: pg.Client, clock: Clock): Promise<void> {
  await target.query(schemaTable(columnsOf.postgres));
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

/** A table comes after those it refers to. */
function inOrderOfReferences(source: Sqlite.Database): string[] {
  const names = source
    .prepare(
      "select name from sqlite_schema where type = 'table' and name <> 'schema_migration' and name not like 'sqlite_%' order by name",
    )
    .pluck()
    .all() as string[];
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    for (const { table } of source.pragma(`foreign_key_list(${quoted(name)})`) as { table: string }[]) {
      if (table !== name) visit(table);
    }
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order];
}

async function copyTable(source: Sqlite.Database, target: pg.Client, table: string): Promise<void> {
  const columns = (source.pragma(`table_info(${quoted(table)})`) as { name: string }[]).map(
    ({ name }) => name,
  );
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
  const { rows } = await target.query<{ count: string }>(`select count(*) from ${quoted(table)}`);
  if (Number(rows[0]?.count) !== copied) {
    throw new Error(`PostgreSQL holds ${rows[0]?.count} rows of ${table} after ${copied} were written.`);
  }
}

async function takeOut(url: string, tables: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`drop table ${tables.map(quoted).join(', ')}`);
  });
}

/** Names come from our own migrations. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
