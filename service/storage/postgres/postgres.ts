import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Dialect, type Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { guardDriver, type TransactionGuard } from '../guarded-driver.ts';
import { unreachable } from './check-postgres.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { connectTimeoutOf, LOCK_TIMEOUT, rememberConnection, sessionSettings } from './session-settings.ts';

/** Connections at most; every one can hold a transaction. */
const CONNECTIONS = 10;
/** Milliseconds for one statement: a database that hangs must not hang `/ready`. */
const STATEMENT_TIMEOUT = 30_000;
const SETTINGS = sessionSettings({ statement_timeout: STATEMENT_TIMEOUT, lock_timeout: LOCK_TIMEOUT });
/** Milliseconds in which a transaction that conflicts with others is begun again, until that is reported. */
const PATIENCE = 10_000;
/** Milliseconds, at most, that it waits before it is begun again: a chance number up to a limit that doubles. */
const LONGEST_WAIT = 128;

/** 64-bit integers as numbers, for this pool alone; one that a number cannot hold is an error, not a rounding. */
function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`PostgreSQL sent the integer ${text}, beyond 2^53.`);
  return value;
}

/** A server that is started anew, or another database in the place of one, is another one: what it has may be older. */
const SERVER = `select pg_postmaster_start_time()::text || '/' || oid as server
  from pg_database where datname = current_database()`;

interface PoolOptions {
  /** What the server shows of its connections. */
  name: string;
  log: Log;
  /** A connection was made to another server than those before, and nothing was asked of it yet. */
  moved(): void;
}

export function openPostgresPool(url: string, { name, log, moved }: PoolOptions): pg.Pool {
  let known: string | undefined;
  const pool: pg.Pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutOf(url),
    query_timeout: STATEMENT_TIMEOUT + 1000,
    // Among them: acknowledged means on disk, whatever the server's default is. Not by Kysely's `onCreateConnection`, nor by `verify`: a
    // connection that is lost in the one, or whose caller gives up in the other, would keep its place in the pool.
    async onConnect(client) {
      rememberConnection(pool, client);
      await client.query(SETTINGS);
      const { rows } = await client.query<{ server: string }>(SERVER);
      const [{ server } = { server: '' }] = rows;
      if (known !== undefined && known !== server) moved();
      known = server;
    },
    types: {
      // biome-ignore lint/suspicious/noExplicitAny: pg's own type of a parser.
      getTypeParser: (id: number, format?: any): any =>
        id === pg.types.builtins.INT8 && format !== 'binary'
          ? parseInteger
          : pg.types.getTypeParser(id, format),
    },
  });
  // A lost connection fails the query it carries; without listeners its event would end the process as well.
  const lost = (error: Error) => log.warn({ error: error.message }, 'a PostgreSQL connection was lost');
  pool.on('connect', (client) => client.on('error', lost));
  pool.on('error', () => {});
  return pool;
}

export function postgresDialect(pool: pg.Pool, guard: TransactionGuard): Dialect {
  const kyselys = new PostgresDialect({ pool });
  return {
    createQueryCompiler: () => kyselys.createQueryCompiler(),
    createIntrospector: (db) => kyselys.createIntrospector(db),
    createAdapter: () => kyselys.createAdapter(),
    createDriver: () => guardDriver(kyselys.createDriver(), guard),
  };
}

/**
 * Runs `work` serializably, as SQLite does, and again when PostgreSQL reports a conflict with another transaction instead of an answer.
 * Throws STORAGE_UNAVAILABLE where conflicts do not end.
 */
export async function serializable<S, T>(
  db: Kysely<S>,
  guard: TransactionGuard,
  work: (tx: Transaction<S>) => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  let taken: string | undefined;
  for (let limit = 2; ; limit = Math.min(2 * limit, LONGEST_WAIT)) {
    try {
      return await db
        .transaction()
        .setIsolationLevel('serializable')
        .execute((tx) => guard.run(() => work(tx)));
    } catch (error) {
      const key = takenKeyOf(error);
      if (!isConflict(error) && (key === undefined || key === taken)) throw error;
      if (performance.now() - begun > PATIENCE) throw tooBusy(error);
      taken = key;
      await wait(randomInt(1, limit + 1));
    }
  }
}

/** The transaction, which saw nothing of the other one, would have another result after it. */
const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01');

/**
 * Of a row that there may be one of alone, and that another transaction has added since this one began. Begun again, this one sees it: the
 * same key taken once more is what `work` asks for.
 */
const takenKeyOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23505'
    ? `${error.constraint}: ${error.detail}`
    : undefined;

const tooBusy = (cause: unknown) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'Too many changes of the same rows at one time: nothing was changed. Try again shortly.',
    { cause, retryAfterSeconds: 5 },
  );

/** One connection of its own, whose statements may take as long as they need. */
export type PostgresSession = pg.Client;

/** Not connected yet; reads integers as numbers. `name` is what the server shows of it. */
export function createPostgresClient(url: string, name: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutOf(url),
    types: {
      // biome-ignore lint/suspicious/noExplicitAny: pg's own type of a parser.
      getTypeParser: (id: number, format?: any): any =>
        id === pg.types.builtins.INT8 && format !== 'binary'
          ? parseInteger
          : pg.types.getTypeParser(id, format),
    },
  });
  client.on('error', () => {}); // the query it carries fails
  return client;
}

/** As `createPostgresClient`, connected. Throws CONFLICT for a PostgreSQL that cannot be reached or refuses the role. */
export async function openPostgresSession(url: string, name: string): Promise<PostgresSession> {
  const client = createPostgresClient(url, name);
  try {
    await client.connect();
    await client.query(sessionSettings({ statement_timeout: 0 }));
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw explainRefusal(error, url) ?? unreachable(error);
  }
}

/** Ends the session after `work`, and with it a transaction that `work` left open: nothing of that stays. */
export async function withPostgresSession<T>(
  url: string,
  name: string,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const session = await openPostgresSession(url, name);
  try {
    return await work(session);
  } catch (error) {
    throw explainRefusal(error, url) ?? error;
  } finally {
    await session.end().catch(() => {});
  }
}
