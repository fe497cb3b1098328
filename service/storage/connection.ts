import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { CompiledQuery, Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { createOwnLocks, type Locks } from '../lib/locks.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { createFairOneAtATime } from '../lib/turns.ts';
import { type OpenFiles, watchOpenFiles } from './file-reading/open-files.ts';
import { createTransactionGuard } from './guarded-driver.ts';
import { migrate, type OlderSchema, type SchemaNeeds, type StoreName } from './migrate.ts';
import type { DialectName, Migration } from './migration.ts';
import { migrations as ourMigrations } from './migrations/index.ts';
import { prepareNumbers } from './numbers.ts';
import { unreachable } from './postgres/check-postgres.ts';
import type { PostgresLock } from './postgres/held-right.ts';
import { joinNodes, type Node } from './postgres/nodes.ts';
import { requireNodesKnow } from './postgres/nodes-schema.ts';
import { openPostgresPool, postgresDialect, serializable } from './postgres/postgres.ts';
import { takePostgresLock } from './postgres/postgres-lock.ts';
import { explainRefusal } from './postgres/postgres-refusal.ts';
import { dropConnections } from './postgres/session-settings.ts';
import { createSharedLocks, type SharedLocks } from './postgres/shared-locks.ts';
import { takePostgresSnapshot } from './postgres/snapshot-postgres.ts';
import { ALONE } from './postgres/writer-row.ts';
import type { Schema } from './schema.ts';
import { takeSnapshot } from './snapshot/snapshot.ts';
import {
  type ConfirmedDisk,
  createConfirmedDisk,
  openSqliteFile,
  openSqliteMemory,
  sqliteDialect,
} from './sqlite.ts';
import { isLocked } from './storage-problem.ts';
import type { Db, InTransaction } from './transaction.ts';

/** Milliseconds for which a transaction waits at most until it is begun. */
const TURN_PATIENCE = 15_000;

export type DatabaseLocation =
  | { kind: 'sqlite'; path: string }
  | { kind: 'sqlite-memory' }
  /** `postgresql://user:password@host:port/database`; a socket folder is the percent-encoded host. */
  | { kind: 'postgres'; url: string };

export interface Database {
  db: Db;
  dialect: DialectName;
  /** The newest migration, `0001-baseline`. */
  version: string;
  /**
   * Throws (a bug, not a Problem) when called, or when `db` is used, inside a running transaction. The changes are on disk when it
   * resolves. Throws STORAGE_UNAVAILABLE where the disk did not confirm.
   */
  inTransaction: InTransaction;
  /** What is decided once, of all who write to the database. */
  locks: Locks;
  /**
   * Throws STORAGE_UNAVAILABLE while another process may be writing (the lock on a PostgreSQL database was lost), after the disk of a
   * SQLite file did not confirm a change, and while that file, or the data directory, is not where it was opened.
   */
  requireWriter(): void;
  /** Of the row of this run, on PostgreSQL. */
  token?: string | undefined;
  /** Resolves when another process has taken this run's right to write, on PostgreSQL. */
  gone?: Promise<void> | undefined;
  doubts?: Doubts | undefined;
  close(): Promise<void>;
}

/** Of the only writer of a PostgreSQL database: why what it has in memory may be another record than the one that is there. */
export interface Doubts {
  /** Commits so far of which it is not known whether they were done. */
  unanswered(): number;
  /** How often the connection that locks the database was lost so far, or another server answered: it may have an older record. */
  moved(): number;
  /** Resolves once the lock is held and none of these commits is under way any more. Throws STORAGE_UNAVAILABLE. */
  ended(): Promise<void>;
}

export interface DatabaseDeps extends OlderSchema {
  clock: Clock;
  log: Log;
  /**
   * With it a PostgreSQL database is opened by one process at a time, named so to the others; CONFLICT is thrown
   * for the second. SQLite files are guarded by the lock on their data directory.
   */
  writer?: string;
  /** With `writer`: as one of several nodes that write to a PostgreSQL database, in the place of the only one. */
  node?: Node | undefined;
  /** The data directory: while it, or the lock on it, is gone, nothing is written. */
  directory?: Pick<OpenFiles, 'require'>;
}

/**
 * Opens the appliance's database and brings it to the newest schema (CONFLICT with `older: 'refuse'`); before an existing one is migrated, a
 * checked copy is kept: of a SQLite file in `snapshots/` beside it, of a PostgreSQL database in a schema of its own. Throws CONFLICT for a newer schema, STORAGE_FULL for a disk that
 * cannot be written, CONFLICT for a PostgreSQL that cannot be reached.
 */
export async function openDatabase(
  location: DatabaseLocation,
  deps: DatabaseDeps,
  migrations: readonly Migration[] = ourMigrations,
): Promise<Database> {
  switch (location.kind) {
    case 'sqlite': {
      const file = openSqliteFile(location.path);
      const snapshot = (version: string) =>
        takeSnapshot(file, join(dirname(location.path), 'snapshots'), version, deps.clock);
      return openSqlite<Schema>(file, deps, migrations, snapshot);
    }
    case 'sqlite-memory':
      return openSqlite<Schema>(openSqliteMemory(), deps, migrations);
    case 'postgres': {
      const opened = await openPostgres<Schema>(location.url, deps, migrations, (version) =>
        takePostgresSnapshot(location.url, { version, migrations, clock: deps.clock }),
      );
      await prepareNumbers(opened.db).catch(async (error: unknown) => {
        await opened.close();
        throw explainRefusal(error, location.url) ?? error;
      });
      return opened;
    }
    default:
      return location satisfies never;
  }
}

export interface Opened<S> {
  db: Kysely<S>;
  dialect: DialectName;
  version: string;
  inTransaction: <T>(work: (tx: Transaction<S>) => Promise<T>) => Promise<T>;
  locks: Locks;
  requireWriter(): void;
  token?: string | undefined;
  gone?: Promise<void> | undefined;
  doubts?: Doubts | undefined;
  /** The same, asked of the database itself: first of what cannot run in a transaction. */
  confirmWriter(): Promise<void>;
  close(): Promise<void>;
}

export async function openSqlite<S>(
  database: Sqlite.Database,
  {
    clock,
    directory,
    ...older
  }: Pick<DatabaseDeps, 'clock' | 'directory'> & OlderSchema & { what?: StoreName },
  migrations: readonly Migration[],
  snapshot?: (version: string) => string,
): Promise<Opened<S>> {
  const guard = createTransactionGuard();
  const files = database.memory ? undefined : watchOpenFiles(database.name, directory);
  const disk = database.memory ? undefined : createConfirmedDisk();
  const db = new Kysely<S>({ dialect: sqliteDialect(database, guard, { disk, files }) });
  const inTransaction: Opened<S>['inTransaction'] = (work) =>
    db.transaction().execute((tx) => guard.run(() => work(tx)));
  return finish(db, {
    dialect: 'sqlite',
    clock,
    ...older,
    migrations,
    ...(snapshot && { snapshot: async (version: string) => snapshot(version) }),
    inTransaction,
    ...defined({ disk, files }),
  });
}

export async function openPostgres<S>(
  url: string,
  { clock, log, writer, node, directory, ...older }: DatabaseDeps & { what?: StoreName },
  migrations: readonly Migration[],
  snapshot?: (version: string) => Promise<string | undefined>,
): Promise<Opened<S>> {
  const guard = createTransactionGuard();
  const schema = migrations.at(-1)!.name;
  // Of a writer alone, so that its sessions can be ended when it is gone.
  const sessions = writer === undefined ? 'gatehouse' : `gatehouse ${randomBytes(6).toString('hex')}`;
  let moves = 0;
  const moved = () => {
    moves++;
  };
  const pool = openPostgresPool(url, { name: sessions, log, moved });
  const db = new Kysely<S>({ dialect: postgresDialect(pool, guard) });
  const locks = node && createSharedLocks(url, sessions);
  async function takeLock(): Promise<PostgresLock | undefined> {
    if (writer === undefined) return undefined;
    const unanswered = () => {
      dropConnections(pool);
      locks?.drop();
    };
    const held = { log, holder: writer, sessions, unanswered, lost: moved };
    return node ? joinNodes(url, { ...held, node, schema, clock }) : takePostgresLock(url, held);
  }
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw explainRefusal(error, url) ?? unreachable(error);
  }
  const lock = await takeLock().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const inTurn = createFairOneAtATime({ patience: TURN_PATIENCE, refuse: waitedTooLong });
  const fence = async (tx: Kysely<S>) =>
    lock?.fence((statement, values) => tx.executeQuery(CompiledQuery.raw(statement, values)));
  // In turns, as on SQLite: every transaction adds to the end of the audit chain, so two of one process would only conflict.
  const inTransaction: Opened<S>['inTransaction'] = async (work) => {
    guard.refuseInside();
    return inTurn(() => {
      lock?.require();
      directory?.require();
      return serializable(db, guard, async (tx) => {
        await fence(tx);
        const done = await work(tx);
        locks?.require();
        return done;
      });
    });
  };
  const doubts: Doubts | undefined =
    lock && !node
      ? {
          unanswered: guard.countUnanswered,
          moved: () => moves,
          ended: () =>
            waitUntilAlone(() =>
              inTransaction((tx) => tx.executeQuery(CompiledQuery.raw(ALONE, [lock.token]))),
            ),
        }
      : undefined;
  const opened = finish(db, {
    dialect: 'postgres',
    clock,
    ...older,
    migrations,
    fence,
    ...(lock &&
      node && {
        admit: (tx: Kysely<S>, needs: SchemaNeeds) =>
          requireNodesKnow(tx, { ...needs, run: lock.token, migrations }),
      }),
    ...defined({ snapshot, files: directory }),
    inTransaction,
    ...defined({ lock, locks, doubts }),
  });
  return opened.catch((error: unknown) => {
    throw explainRefusal(error, url) ?? error;
  });
}

/** Of a transaction whose predecessors wait, each until its own time is over, for a table that another session has locked. */
const waitedTooLong = () =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The database server is too slow for what is asked of it, or another session has locked its tables: nothing was changed. Try again shortly; the operator looks for that session in pg_stat_activity.',
    { retryAfterSeconds: 5 },
  );

/** Milliseconds between two looks whether a lost session has ended, and how often. */
const LOOK = 250;
const LOOKS = 20;

async function waitUntilAlone(look: () => Promise<unknown>): Promise<void> {
  for (let looks = 1; ; looks++) {
    try {
      return void (await look());
    } catch (error) {
      if (!isLocked(error) || looks >= LOOKS) throw error;
      await delay(LOOK);
    }
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
    disk,
    fence = async () => {},
    admit = async () => {},
    files,
    lock,
    locks,
    doubts,
    ...older
  }: OlderSchema & {
    what?: StoreName;
    dialect: DialectName;
    clock: Clock;
    migrations: readonly Migration[];
    snapshot?: (version: string) => Promise<string | undefined>;
    inTransaction: Opened<S>['inTransaction'];
    /** First in each transaction of a migration. */
    fence?: (db: Kysely<S>) => Promise<void>;
    /** As in migrate.ts. */
    admit?: (db: Kysely<S>, needs: SchemaNeeds) => Promise<void>;
    disk?: Pick<ConfirmedDisk, 'require'>;
    files?: Pick<OpenFiles, 'require'>;
    lock?: PostgresLock;
    doubts?: Doubts;
    /** Of one of several nodes. */
    locks?: SharedLocks;
  },
): Promise<Opened<S>> {
  const close = async () => {
    await db.destroy();
    await locks?.close();
    await lock?.close();
  };
  const requireWriter = () => {
    lock?.require();
    disk?.require();
    files?.require();
  };
  try {
    const version = await migrate({
      db,
      dialect,
      migrations,
      clock,
      fence,
      admit,
      ...older,
      ...defined({ snapshot }),
    });
    const confirmWriter = async () => {
      requireWriter();
      await fence(db);
    };
    return {
      db,
      dialect,
      version,
      inTransaction,
      locks: locks ?? createOwnLocks(),
      requireWriter,
      token: lock?.token,
      gone: lock?.gone,
      doubts,
      confirmWriter,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bytes that the database takes, with its indexes; without the log that a checkpoint empties. */
export async function databaseSize({ db, dialect }: Pick<Database, 'db' | 'dialect'>): Promise<number> {
  const query =
    dialect === 'postgres'
      ? sql<{ bytes: number | string }>`select pg_database_size(current_database()) as bytes`
      : sql<{
          bytes: number | string;
        }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`;
  const { rows } = await query.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
