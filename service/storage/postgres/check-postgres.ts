import pg from 'pg';
import { Problem } from '../../lib/problem.ts';
import { connectTimeoutOf } from './connect-timeout.ts';
import { KEPT_SCHEMAS } from './kept-schemas.ts';
import { isPooled } from './pooler.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { sessionSettings } from './session-settings.ts';

/** Rolled back: PostgreSQL itself says whether the role may, better than what can be read of its grants. */
const TRIAL = 'begin; create table gatehouse_trial (value integer); rollback';

/**
 * Connects and tries whether a table may be made, leaving nothing. Throws CONFLICT with what to grant, with what stands in the way
 * of a connection, and for a database in which Gatehouse cannot work: another encoding than UTF-8, or behind a pooler that gives every
 * transaction another session.
 */
export async function checkPostgres(url: string): Promise<void> {
  await withClient(url, (client) => requireUsable(client, url));
}

async function requireUsable(client: pg.Client, url: string): Promise<void> {
  if (await withClient(url, (second) => isPooled(client, second))) throw pooled(client);
  await requireUtf8(client);
  await client.query(TRIAL);
}

const pooled = ({ database }: pg.Client) =>
  new Problem(
    'CONFLICT',
    `A connection pooler before the PostgreSQL database ${pg.escapeIdentifier(database ?? '?')} gives each transaction another session of the server: two services could write at a time. Set it to session mode for this database (PgBouncer: pool_mode = session), or name the server itself in the database URL.`,
  );

async function requireUtf8(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>(
    'select pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()',
  );
  const encoding = rows[0]?.encoding;
  if (encoding === 'UTF8') return;
  const [role, name] = [client.user, client.database].map((one) => pg.escapeIdentifier(one ?? '?'));
  throw new Problem(
    'CONFLICT',
    `The PostgreSQL database ${name} has the encoding ${encoding}, which cannot hold every name: Gatehouse needs UTF8. As an administrator of the server run in any database:  CREATE DATABASE gatehouse_utf8 OWNER ${role} ENCODING 'UTF8' TEMPLATE template0;  then name that one in the database URL. Tables that are there move with pg_dump ("PostgreSQL" in docs/OPERATIONS.md).`,
  );
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: 'gatehouse',
      connectionTimeoutMillis: connectTimeoutOf(url),
      query_timeout: connectTimeoutOf(url),
    });
    client.on('error', () => {}); // the query it carries fails
    await client.connect();
    await client.query(sessionSettings({ statement_timeout: connectTimeoutOf(url) }));
    return await work(client);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw explainRefusal(error, url) ?? unreachable(error);
  } finally {
    await client?.end().catch(() => {});
  }
}

export interface Grants {
  /** As in SQL. */
  role: string;
  database: string;
  /** Tables that the role may not read and write: nothing works. */
  closed: string[];
  /** Tables that another role owns: no upgrade can change them. */
  foreign: string[];
  /** Whether it may make a schema, in which the database is kept before an upgrade. */
  makesSchemas: boolean;
  /** How many connections the server allows for this role and database at most. */
  connections: number;
  /** Schemas in which the database is kept as it was. */
  kept: string[];
}

/** In the schema in which the role would make tables. */
const TABLES = `select c.relname as name,
    has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
      and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') as may,
    pg_has_role(c.relowner, 'usage') as owns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname = current_schema() order by c.relname`;

/** The least of the limits of the server, the role and the database. */
const CONNECTIONS = `select least(current_setting('max_connections')::int, r.own, d.own) as most
  from (select nullif(rolconnlimit, -1) as own from pg_roles where rolname = current_user) r,
    (select nullif(datconnlimit, -1) as own from pg_database where datname = current_database()) d`;

/**
 * Besides what `checkPostgres` looks at, what the role may do with the tables that are there. Changes nothing, also while a service
 * runs. Throws as `checkPostgres` does.
 */
export async function readGrants(url: string): Promise<Grants> {
  return withClient(url, async (client) => {
    await requireUsable(client, url);
    const { rows } = await client.query<{ name: string; may: boolean; owns: boolean }>(TABLES);
    const schemas = await client.query<{ may: boolean }>(
      "select has_database_privilege(current_database(), 'create') as may",
    );
    const limits = await client.query<{ most: number }>(CONNECTIONS);
    const kept = await client.query<{ name: string }>(KEPT_SCHEMAS);
    return {
      role: pg.escapeIdentifier(client.user ?? '?'),
      database: pg.escapeIdentifier(client.database ?? '?'),
      closed: rows.filter(({ may }) => !may).map(({ name }) => name),
      foreign: rows.filter(({ owns }) => !owns).map(({ name }) => name),
      makesSchemas: schemas.rows[0]?.may === true,
      connections: limits.rows[0]!.most,
      kept: kept.rows.map(({ name }) => name),
    };
  });
}

/** CONFLICT of a PostgreSQL that does not answer. */
export function unreachable(error: unknown): Problem {
  return new Problem(
    'CONFLICT',
    `PostgreSQL cannot be reached (${describeFailure(error)}). Check that it runs and that the database URL is right.`,
    { cause: error },
  );
}

/** One line, never the URL with its password. A refused connection to both loopback addresses has an empty message. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
