import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import { watchDirectory } from './file-reading/open-files.ts';
import { toStorageProblem } from './storage-problem.ts';

/** The process that writes to a data directory. */
export interface Writer {
  pid: number;
  host: string;
  /** In words for the person who finds it: `gatehouse serve`. Never the arguments, they may hold secrets. */
  command: string;
}

export interface WriterLock {
  /** Throws STORAGE_UNAVAILABLE where the folder is not the one that was locked. */
  require(): void;
  /** Twice does no harm. */
  release(): void;
}

const LOCK = 'writer.lock.db';
const HOLDER = 'writer.json';
/** Of this process, until they are released: the garbage collector closes a connection to which nothing refers, and the lock goes with it. */
const heldLocks = new Set<Sqlite.Database>();

/**
 * Makes this process the only writer of `folder`. The lock is an exclusive transaction on a tiny SQLite file of its own:
 * the kernel releases it with the process, however that ends. `writer.json` says who holds it and proves nothing.
 * Throws CONFLICT, naming the holder and since when, and STORAGE_FULL where nothing can be written.
 *
 * Nothing else may open `writer.lock.db` in this process: closing any descriptor of it would release the POSIX lock.
 */
export function takeWriterLock(folder: string, writer: Writer, clock: Clock): WriterLock {
  const path = join(folder, LOCK);
  const holder = join(folder, HOLDER);
  let lock: Sqlite.Database | undefined;
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    lock = new Sqlite(path, { timeout: 0 });
    lock.pragma('journal_mode = DELETE');
    lock.exec('begin exclusive');
    const unfinished = `${holder}.unfinished`;
    writeFileSync(
      unfinished,
      `${JSON.stringify({ ...writer, since: new Date(clock.now()).toISOString() })}\n`,
      {
        mode: 0o600,
      },
    );
    renameSync(unfinished, holder);
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw new Problem('CONFLICT', describeHolder(folder, holder), { cause: error });
    throw toStorageProblem(error, path);
  }
  const held = lock;
  heldLocks.add(held);
  return {
    ...watchDirectory(path),
    release() {
      if (!held.open) return;
      try {
        rmSync(holder, { force: true });
      } catch {
        // A disk that became read-only: the file proves nothing, and what failed before says more.
      }
      held.close();
      heldLocks.delete(held);
    },
  };
}

function readHolder(holder: string): (Writer & { since: string }) | undefined {
  try {
    return JSON.parse(readFileSync(holder, 'utf8'));
  } catch {
    return undefined;
  }
}

function describeHolder(folder: string, holder: string): string {
  const writer = readHolder(holder);
  const who = writer
    ? `${writer.command} (process ${writer.pid} on ${writer.host}, since ${writer.since})`
    : `another process, which has not written ${holder} yet`;
  return `${folder} is in use by ${who}: stop it first, or choose another data directory.`;
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
