import { AsyncLocalStorage } from 'node:async_hooks';
import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';
import type Sqlite from 'better-sqlite3';
import { Problem } from '../../lib/problem.ts';
import { toStorageProblem } from '../storage-problem.ts';
import { createCheckpoints } from './checkpoints.ts';

/**
 * Transactions whose commit does not wait for the disk while everything else stands still: SQLite writes the changes to its log, and the
 * log is put on disk beside the other work, by a thread of the system. Until then others may see the changes; a loss of power then takes
 * them back, as if the transaction had never been.
 *
 * After the disk has once not confirmed, nothing more is written: what follows in the log could be lost with what is not on disk, although
 * the disk confirms it (Linux reports a failed write to the first that asks, and to no other).
 */
export interface LateSync {
  /** Runs one transaction; resolves when it is on disk. Throws STORAGE_UNAVAILABLE where the disk did not confirm, and ever after. */
  run<T>(transaction: () => Promise<T>): Promise<T>;
  /** Before `begin`: its commit waits for the disk, unless it is one of them, which is asked once for each. Throws as `requireConfirmed`. */
  begins(): void;
  /** Before a change outside of a transaction: it waits for the disk. Throws as `requireConfirmed`. */
  changes(): void;
  /** Throws STORAGE_UNAVAILABLE after the disk has not confirmed a transaction. */
  requireConfirmed(): void;
  /** After the database was closed. */
  close(): Promise<void>;
}

interface LogFile {
  datasync(): Promise<void>;
  close(): Promise<void>;
}

const datasync = promisify(fdatasync);

/** Without a FileHandle, which takes longer for each call than the thread that is asked. */
async function openLogFile(path: string): Promise<LogFile> {
  const file = await promisify(open)(path, 'r+');
  return { datasync: () => datasync(file), close: () => promisify(close)(file) };
}

export function createLateSync(
  database: Sqlite.Database,
  openLog: (path: string) => Promise<LogFile> = openLogFile,
): LateSync {
  /** What is begun inside the transaction for later must not be taken for it. */
  const asked = new AsyncLocalStorage<{ pending: boolean }>();
  const checkpoints = createCheckpoints(database);
  let relaxed = false;
  let opened: Promise<LogFile> | undefined;
  let failure: unknown;

  function requireConfirmed(): void {
    if (failure !== undefined) throw stopped(failure);
  }

  /** It stays until something else is asked for: SQLite takes as long for each change of it as for some rows. */
  function relax(wanted: boolean): void {
    if (relaxed === wanted) return;
    database.pragma(`synchronous = ${wanted ? 'NORMAL' : 'FULL'}`);
    relaxed = wanted;
  }

  /** The log stays the same file as long as the database is open. */
  function log(): Promise<LogFile> {
    opened ??= openLog(`${database.name}-wal`).catch((error: unknown) => {
      opened = undefined;
      throw toStorageProblem(error, database.name);
    });
    return opened;
  }

  return {
    async run(transaction) {
      requireConfirmed();
      const file = await log();
      await checkpoints.ready();
      const result = await asked.run({ pending: true }, transaction);
      try {
        await file.datasync();
      } catch (error) {
        failure ??= error;
      }
      if (failure !== undefined) throw unconfirmed(failure);
      checkpoints.committed();
      return result;
    },
    begins() {
      requireConfirmed();
      const store = asked.getStore();
      const own = store?.pending === true;
      if (own) store.pending = false;
      relax(own);
    },
    changes() {
      requireConfirmed();
      relax(false);
    },
    requireConfirmed,
    async close() {
      await checkpoints.close();
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

const unconfirmed = (cause: unknown) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The disk that holds the database did not confirm that this is stored, and the result is unknown: check it once the service was started again; the operator checks the disk and its free space.',
    { cause },
  );

const stopped = (cause: unknown) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The disk that holds the database did not confirm an earlier change: nothing more is written until the service is started again. The operator checks the disk and its free space, then restarts the service.',
    { cause },
  );
