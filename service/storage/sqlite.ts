import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import {
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SelectQueryNode,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { createRecent } from '../lib/collections/recent.ts';
import { Problem } from '../lib/problem.ts';
import { createFairLines } from '../lib/turns.ts';
import type { OpenFiles } from './file-reading/open-files.ts';
import { guardDriver, type TransactionGuard } from './guarded-driver.ts';
import { toStorageProblem } from './storage-problem.ts';

/** How long a statement waits for another process's lock, in milliseconds. It blocks the event loop meanwhile. */
const BUSY_MILLISECONDS = 5_000;

/**
 * Pages held in memory, at most, besides those that a transaction changes. Some commits go through all of them (docs/decisions/0036); the
 * system's memory has the rest of the file.
 */
const CACHE_KIBIBYTES = 2_048;
/** Pages (4 KiB) that a transaction may change before SQLite writes some to its log before the commit, and may write them again. */
const CHANGED_PAGES = 16_384;

/**
 * Opens or makes the file (mode 0600) so that what it acknowledges is on disk and what it deletes is overwritten:
 * WAL with full synchronization, secure delete, foreign keys. Throws STORAGE_FULL when the file cannot be written.
 */
export function openSqliteFile(path: string): Sqlite.Database {
  let database: Sqlite.Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Closing one that this process has open already would release its locks.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    database = new Sqlite(path, { timeout: BUSY_MILLISECONDS });
    const journal = database.pragma('journal_mode = WAL', { simple: true });
    if (journal !== 'wal') {
      throw new Problem(
        'STORAGE_FULL',
        `${path} lies on a file system without shared memory (journal mode "${journal}"): move the data directory to a local disk.`,
      );
    }
    setPragmas(database);
    database.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    database.pragma(`cache_spill = ${CHANGED_PAGES}`);
    return database;
  } catch (error) {
    database?.close();
    throw toStorageProblem(error, path);
  }
}

/** `contents`: of another one, serialized. */
export function openSqliteMemory(contents: Buffer | ':memory:' = ':memory:'): Sqlite.Database {
  const database = new Sqlite(contents);
  setPragmas(database);
  return database;
}

/** None of these is remembered by the file: a WAL file opens with `synchronous = NORMAL` (FACTS.md). */
function setPragmas(database: Sqlite.Database): void {
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = ON');
  database.pragma('foreign_keys = ON');
  database.pragma('temp_store = MEMORY');
  database.pragma('trusted_schema = OFF');
}

/** What is asked around each change; absent for a database in memory. */
interface Writing {
  disk?: ConfirmedDisk | undefined;
  files?: OpenFiles | undefined;
}

/**
 * Kysely's SQLite with `BEGIN IMMEDIATE` (a transaction that reads first and writes later cannot meet SQLITE_BUSY) and
 * one connection taken in turn. The turns are ours, not Kysely's, so that `guard` speaks before a query starts to wait.
 */
export function sqliteDialect(
  database: Sqlite.Database,
  guard: TransactionGuard,
  writing: Writing = {},
): Dialect {
  const kyselys = new SqliteDialect({ database });
  const driver = turnTakingDriver(database, cacheStatements(database), writing);
  return {
    createQueryCompiler: () => kyselys.createQueryCompiler(),
    createIntrospector: (db) => kyselys.createIntrospector(db),
    createAdapter: () => new TurnTakingAdapter(),
    createDriver: () => guardDriver(driver, guard),
  };
}

class TurnTakingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Milliseconds after which what goes on with the database lets the event loop have a turn. */
const HELD = 20;

/** A statement of SQLite waits for nothing, so that a loop of transactions would hold up every other caller until its end. */
function createTurnGiver() {
  let since: number | undefined;
  return async function giveTurns(): Promise<void> {
    if (since !== undefined && performance.now() - since > HELD) await turn();
    if (since !== undefined) return;
    since = performance.now();
    setImmediate(() => {
      since = undefined;
    });
  };
}

function turnTakingDriver(database: Sqlite.Database, statements: Preparer, { disk, files }: Writing): Driver {
  const driver = new SqliteDriver({ database: statements });
  const waiting = createFairLines<() => void>();
  const giveTurns = createTurnGiver();
  let taken = false;
  let connection: DatabaseConnection | undefined;

  async function connect(): Promise<DatabaseConnection> {
    const made = await driver.acquireConnection();
    const execute = made.executeQuery.bind(made);
    made.executeQuery = async <R>(...[query, ...rest]: Parameters<typeof execute>) => {
      if (database.inTransaction || SelectQueryNode.is(query.query)) return execute<R>(query, ...rest);
      disk?.require();
      files?.require();
      const result = await execute<R>(query, ...rest);
      files?.requireWritten();
      return result;
    };
    return made;
  }

  return {
    init: () => driver.init(),
    async acquireConnection() {
      if (taken) await new Promise<void>((turn) => waiting.add(turn));
      taken = true;
      await giveTurns();
      connection ??= await connect();
      return connection;
    },
    async releaseConnection() {
      const next = waiting.take();
      if (next) next();
      else taken = false;
    },
    async beginTransaction() {
      disk?.require();
      files?.require();
      statements.prepare('begin immediate').run();
    },
    async commitTransaction() {
      const commit = () => statements.prepare('commit').run();
      if (disk) disk.write(commit);
      else commit();
      files?.requireWritten();
    },
    async rollbackTransaction() {
      // A full disk may have ended the transaction already; a second rollback would hide that error behind its own.
      if (database.inTransaction) statements.prepare('rollback').run();
    },
    destroy: () => driver.destroy(),
  };
}

/** What Kysely needs of a database. */
type Preparer = Pick<Sqlite.Database, 'prepare' | 'close'>;

/** Statements kept at most; the texts of many rows at once are some kilobytes each. */
const MOST = 400;
const KEPT = /^\s*(select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i;

/**
 * `database`, with statements that were prepared once kept for the next time: preparing costs more than most of them. Whatever may
 * change the schema forgets all of them. For one connection that runs one statement at a time; none may be iterated.
 */
export function cacheStatements(database: Sqlite.Database): Preparer {
  let kept = createRecent<string, Sqlite.Statement>(MOST);
  return {
    prepare(source: string) {
      if (!KEPT.test(source)) {
        kept = createRecent(MOST);
        return database.prepare(source);
      }
      const known = kept.get(source);
      if (known) return known;
      const statement = database.prepare(source);
      kept.set(source, statement);
      return statement;
    },
    close: () => database.close(),
  } as Preparer;
}

/**
 * After the disk has once not confirmed a change, nothing more is written: Linux reports a failed write to the first that asks, and to no
 * other, so that a later change could be confirmed although what it rests on is lost.
 */
export type ConfirmedDisk = ReturnType<typeof createConfirmedDisk>;

export function createConfirmedDisk() {
  let failure: unknown;

  function require(): void {
    if (failure === undefined) return;
    throw new Problem(
      'STORAGE_UNAVAILABLE',
      'The disk that holds the database did not confirm an earlier change: nothing more is written until the service is started again. The operator checks the disk and its free space, then restarts the service.',
      { cause: failure },
    );
  }

  return {
    /** Throws STORAGE_UNAVAILABLE after the disk has not confirmed a change. */
    require,
    /** Runs a change; throws as `require`, and where the disk does not confirm this one. */
    write<T>(change: () => T): T {
      require();
      try {
        return change();
      } catch (error) {
        if (!isUnconfirmed(error)) throw error;
        failure ??= error;
        throw new Problem(
          'STORAGE_UNAVAILABLE',
          'The disk that holds the database did not confirm that this is stored, and the result is unknown: check it once the service was started again; the operator checks the disk and its free space.',
          { cause: error },
        );
      }
    },
  };
}

const isUnconfirmed = (error: unknown): boolean =>
  error instanceof Error && /^SQLITE_IOERR_(DIR_)?FSYNC$/.test((error as { code?: string }).code ?? '');
