import pg from 'pg';
import { Problem } from '../../lib/problem.ts';
import { connectTimeoutOf } from './connect-timeout.ts';
import { KEPT_SCHEMAS } from './kept-schemas.ts';
import { explainRefusal } from './postgres-refusal.ts';

/** Rolled back: PostgreSQL itself says whether the role may, better than what can be read of its grants. */
const TRIAL = 'begin; create table gatehouse_trial (value integer); rollback';

/**
 * Connects and tries whether a table may be made, leaving nothing. Throws CONFLICT with what to grant, or with what stands in the way
 * of a connection.
 */
export async function checkPostgres(url: string): Promise<void> {
  await withClient(url, (client) => client.query(TRIAL));
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'gatehouse',
    connectionTimeoutMillis: connectTimeoutOf(url),
    query_timeout: connectTimeoutOf(url),
  });
  client.on('error', () => {}); // the query it carries fails
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw explainRefusal(error, url) ?? unreachable(error);
  } finally {
    await client.end().catch(() => {});
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

/**
 * Besides what `checkPostgres` looks at, what the role may do with the tables that are there. Changes nothing, also while a service
 * runs. Throws as `checkPostgres` does.
 */
export async function readGrants(url: string): Promise<Grants> {
  return withClient(url, async (client) => {
    await client.query(TRIAL);
    const { rows } = await client.query<{ name: string; may: boolean; owns: boolean }>(TABLES);
    const schemas = await client.query<{ may: boolean }>(
      "select has_database_privilege(current_database(), 'create') as may",
    );
    const kept = await client.query<{ name: string }>(KEPT_SCHEMAS);
    return {
      role: pg.escapeIdentifier(client.user ?? '?'),
      database: pg.escapeIdentifier(client.database ?? '?'),
      closed: rows.filter(({ may }) => !may).map(({ name }) => name),
      foreign: rows.filter(({ owns }) => !owns).map(({ name }) => name),
      makesSchemas: schemas.rows[0]?.may === true,
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
