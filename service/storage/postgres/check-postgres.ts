import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { document } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db } from '../transaction.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { connectTimeoutOf, sessionSettings } from './session-settings.ts';

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
    `The PostgreSQL database ${name} has the encoding ${encoding}, which cannot hold every name: Gatehouse needs UTF8. As an administrator of the server run in any database:  CREATE DATABASE gatehouse_utf8 OWNER ${role} ENCODING 'UTF8' TEMPLATE template0;  then name that one in the database URL. Tables that are there move with pg_dump ("PostgreSQL" in ${document('OPERATIONS')}).`,
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

/** Where a pooler has few connections to the server the first round shows it; these are for one that other clients use meanwhile. */
const ROUNDS = 6;

/**
 * Whether something between us and the server gives a connection another session of the server for each transaction or statement. Two connections
 * of one pool show it: an advisory lock of the first is the second's as well (the same session), or is no longer the first's. A
 * pooler in session mode, and one that keeps the session of a connection that holds a lock, is none.
 */
async function isPooled(first: pg.Client, second: pg.Client): Promise<boolean> {
  const key = randomInt(2 ** 47);
  try {
    await first.query('select pg_advisory_lock($1)', [key]);
    for (let round = 0; round < ROUNDS; round++) {
      await second.query('begin');
      if (await ask(second, 'select pg_try_advisory_xact_lock($1) as yes', key)) return true;
      // While the second holds a session of the pool, and when it has given it back: twice, for a pool that gives its sessions out in turn.
      if (!(await ask(first, HELD, key))) return true;
      await second.query('rollback');
      if (!(await ask(first, HELD, key)) || !(await ask(first, HELD, key))) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.message.includes('statement pooling')) return true;
    throw error;
  } finally {
    // Behind a pooler either may have the session with the lock; one that is left behind has a key of its own.
    await second.query('rollback').catch(() => {});
    for (const client of [second, first])
      await client.query('select pg_advisory_unlock($1)', [key]).catch(() => {});
  }
}

const HELD = `select exists (select from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()
  and classid = ($1::bigint >> 32)::int and objid = ($1::bigint & 4294967295)) as yes`;

async function ask(client: pg.Client, statement: string, key: number): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(statement, [key]);
  return rows[0]!.yes;
}

/** Before the time in the name of a PostgreSQL schema that holds a snapshot. */
export const SNAPSHOT_PREFIX = 'gatehouse_snapshot_';
/** The same for the database that `migrate --back` put aside. */
export const ASIDE_PREFIX = 'gatehouse_aside_';

/** Names of the schemas beside the database's own that hold it as it was. */
const KEPT_SCHEMAS = `select nspname as name from pg_namespace
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

/** A standby that streams. Of a role that may not read it (`pg_monitor`) only that it is there is known. */
interface Standby {
  name: string | null;
  /** `sync`, `quorum`, `potential` or `async`. */
  sync: string | null;
  /** Bytes of the log that it has not replayed. */
  behind: number | null;
}

/** What nodes have to know of the server of a database. */
export interface ServerFacts {
  version: string;
  /** What the URL leads to is itself a standby. */
  isStandby: boolean;
  /** Without those that are kept for its administrator. */
  connections: number;
  /** As in postgresql.conf. */
  synchronousCommit: string;
  synchronousStandbys: string;
  standbys: Standby[];
}

const FACTS = `select current_setting('server_version') as version, pg_is_in_recovery() as "isStandby",
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
  current_setting('synchronous_commit') as "synchronousCommit",
  current_setting('synchronous_standby_names') as "synchronousStandbys"`;

const STANDBYS = `select application_name as name, sync_state as sync,
  pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as behind from pg_stat_replication order by application_name`;

/** Throws as `checkPostgres` does. */
export const readServer = (url: string): Promise<ServerFacts> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<Omit<ServerFacts, 'standbys'>>(FACTS);
    const facts = rows[0]!;
    // The place in the log is asked of a server that writes.
    const standbys = facts.isStandby ? [] : (await client.query<Standby>(STANDBYS)).rows;
    return { ...facts, standbys };
  });
