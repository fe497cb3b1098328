import { dirname, join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { Kysely, type Transaction } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { createOneAtATime } from '../lib/one-at-a-time.ts';
import { Problem } from '../lib/problem.ts';
import { migrate } from './migrate.ts';
import type { DialectName, Migration } from './migration.ts';
import { migrations as ourMigrations } from './migrations/index.ts';
import { openPostgresPool, postgresDialect, serializable } from './postgres.ts';
import { type PostgresLock, takePostgresLock } from './postgres-lock.ts';
import type { Schema } from './schema.ts';
import { takeSnapshot } from './snapshot.ts';
import { openSqliteFile, openSqliteMemory, sqliteDialect } from './sqlite.ts';
import type { Db, InTransaction } from './transaction.ts';
import { createTransactionGuard } from './transaction-guard.ts';

export type DatabasePlace =
  | { kind: 'sqlite'; path: string }
  | { kind: 'sqlite-memory' }
  /** `postgresql://user:password@host:port/database`; a socket folder is the percent-encoded host. */
  | { kind: 'postgres'; url: string };

export interface Database {
  db: Db;
  dialect: DialectName;
  /** The newest migration, `0001-ground`. */
  version: string;
  /** Throws (a bug, not a Problem) when called, or when `db` is used, inside a running transaction. */
  inTransaction: InTransaction;
  /** Throws STORAGE_UNAVAILABLE while another process may be writing: the lock on a PostgreSQL database was lost. */
  requireWriter(): void;
  close(): Promise<void>;
}

export interface DatabaseDeps {
  clock: Clock;
  log: Log;
  /**
   * With it a PostgreSQL database is opened by one process at a time, which others are told by this name; CONFLICT is thrown
   * for the second. SQLite files are guarded by the lock on their data directory.
   */
  writer?: string;
}

/**
 * Opens the appliance's database and brings it to the newest schema; before an existing SQLite file is migrated, a
 * checked copy is kept in `snapshots/` beside it. Throws CONFLICT for a newer schema, STORAGE_FULL for a disk that
 * cannot be written, CONFLICT for a PostgreSQL that cannot be reached.
 */
export async function openDatabase(
  place: DatabasePlace,
  deps: DatabaseDeps,
  migrations: readonly Migration[] = ourMigrations,
): Promise<Database> {
  switch (place.kind) {
    case 'sqlite': {
      const file = openSqliteFile(place.path);
      return openSqlite<Schema>(file, deps, migrations, (version) => {
        const kept = takeSnapshot(file, join(dirname(place.path), 'snapshots'), version, deps.clock);
        deps.log.info({ snapshot: kept }, 'kept a checked copy of the database before upgrading it');
        return kept;
      });
    }
    case 'sqlite-memory':
      return openSqlite<Schema>(openSqliteMemory(), deps, migrations);
    case 'postgres':
      return openPostgres<Schema>(place.url, deps, migrations);
    default:
      return place satisfies never;
  }
}

export interface Opened<S> {
  db: Kysely<S>;
  dialect: DialectName;
  version: string;
  inTransaction: <T>(work: (tx: Transaction<S>) => Promise<T>) => Promise<T>;
  requireWriter(): void;
  close(): Promise<void>;
}

export async function openSqlite<S>(
  database: Sqlite.Database,
  { clock }: Pick<DatabaseDeps, 'clock'>,
  migrations: readonly Migration[],
  snapshot?: (version: string) => string,
): Promise<Opened<S>> {
  const guard = createTransactionGuard();
  const db = new Kysely<S>({ dialect: sqliteDialect(database, guard) });
  return finish(db, {
    dialect: 'sqlite',
    clock,
    migrations,
    ...(snapshot && { snapshot: async (version: string) => snapshot(version) }),
    inTransaction: (work) => db.transaction().execute((tx) => guard.run(() => work(tx))),
  });
}

export async function openPostgres<S>(
  url: string,
  { clock, log, writer }: DatabaseDeps,
  migrations: readonly Migration[],
): Promise<Opened<S>> {
  const guard = createTransactionGuard();
  const pool = openPostgresPool(url, log);
  const db = new Kysely<S>({ dialect: postgresDialect(pool, guard) });
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw new Problem(
      'CONFLICT',
      `PostgreSQL cannot be reached (${describeFailure(error)}). Check that it runs and that the database URL is right.`,
      { cause: error },
    );
  }
  const lock = writer === undefined ? undefined : await lockOrEnd(url, { log, holder: writer }, pool);
  const inTurn = createOneAtATime();
  return finish(db, {
    dialect: 'postgres',
    clock,
    migrations,
    // In turns, as on SQLite: every transaction adds to the end of the audit chain, so two at a time would only conflict.
    inTransaction: async (work) => {
      guard.refuseInside();
      return inTurn(() => {
        lock?.require();
        return serializable(db, guard, work);
      });
    },
    ...(lock && { lock }),
  });
}

async function lockOrEnd(
  url: string,
  deps: Parameters<typeof takePostgresLock>[1],
  pool: { end(): Promise<void> },
): Promise<PostgresLock> {
  try {
    return await takePostgresLock(url, deps);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function finish<S>(
  db: Kysely<S>,
  {
    dialect,
    clock,
    migrations,
    snapshot,
    inTransaction,
    lock,
  }: {
    dialect: DialectName;
    clock: Clock;
    migrations: readonly Migration[];
    snapshot?: (version: string) => Promise<string>;
    inTransaction: Opened<S>['inTransaction'];
    lock?: PostgresLock;
  },
): Promise<Opened<S>> {
  const close = async () => {
    await db.destroy();
    await lock?.close();
  };
  const requireWriter = () => lock?.require();
  try {
    const version = await migrate({ db, dialect, migrations, clock, ...(snapshot && { snapshot }) });
    return { db, dialect, version, inTransaction, requireWriter, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One line, never the URL with its password. A refused connection to both loopback addresses has an empty message. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
