import { once } from 'node:events';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type Sqlite from 'better-sqlite3';

const datasync = promisify(fdatasync);

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js',
  import.meta.url,
);

/** Commits after which the log is copied. More often, a page that changes in each of them is copied more often. */
const COMMITS = 128;
/** Commits while a copy is made after which the next wait for it: on a busy core the thread may get too little of it to keep up. */
const COMMITS_BEHIND = 4 * COMMITS;
/**
 * Pages (4 KiB) of the log from which on it has to begin anew. SQLite begins it anew when all of it is copied and on disk. While changes
 * follow each other without a pause, the thread alone never comes to its end: so the next changes wait for a last, short copy.
 */
const LONG_PAGES = 16_000;
/**
 * Pages of the log whose copy is put on disk at once. What is on disk already, the last copy does not wait for; and of more at once, the
 * writes of the log itself wait longer.
 */
const SYNC_PAGES = 6_000;
/** Commits after which copying is tried again where it failed. Until then a commit copies the log, and says what is wrong with the disk. */
const COMMITS_APART = 64 * COMMITS;
/** Where other transactions alone make it that long, one of them copies what is left, as by SQLite's own rule after 1,000. */
const MOST_PAGES = 2 * LONG_PAGES;

/** How many pages the log had when its copy began. */
export type CopiedPages = number;

/**
 * Copies the log of a database into its file in a thread, where SQLite would do it in every some commits, while everything else stands
 * still for as many milliseconds.
 */
export interface Checkpoints {
  /** Before each transaction of the connection that writes much: resolves when the log may grow; undefined: it may. */
  ready(): Promise<void> | undefined;
  /** After each commit of these. */
  committed(): void;
  /** After the database was closed. */
  close(): Promise<void>;
}

/** What copies the log. */
export interface Copies {
  copy(): Promise<CopiedPages>;
  /** What was copied is on disk. */
  sync(): Promise<void>;
  /** After the database was closed. */
  close(): Promise<void>;
}

export function createCheckpoints(
  database: Sqlite.Database,
  copies: Copies = createCopies(database.name),
): Checkpoints {
  /** Since the last copy began; negative where it failed. */
  let commits = 0;
  /** How much of the log is in the file on disk, not only in the system's memory. */
  let synced: CopiedPages = 0;
  let copying = false;
  let pause: PromiseWithResolvers<void> | undefined;

  async function copyAndShorten(): Promise<void> {
    const pages = await copies.copy();
    if (pages < synced) synced = 0;
    if (pages - synced >= SYNC_PAGES) await sync(pages);
    if (pages < LONG_PAGES) return;
    await sync(await copies.copy());
    pause ??= Promise.withResolvers();
    await copies.copy();
  }

  async function sync(pages: CopiedPages): Promise<void> {
    await copies.sync();
    synced = pages;
  }

  async function run(): Promise<void> {
    copying = true;
    commits = 0;
    try {
      database.pragma(`wal_autocheckpoint = ${MOST_PAGES}`);
      await copyAndShorten();
    } catch {
      commits = -COMMITS_APART;
      if (database.open) database.pragma('wal_autocheckpoint = 1000');
    }
    copying = false;
    pause?.resolve();
    pause = undefined;
  }

  return {
    ready: () => pause?.promise,
    committed() {
      commits++;
      if (!copying && commits >= COMMITS) void run();
      else if (copying && commits >= COMMITS_BEHIND) pause ??= Promise.withResolvers();
    },
    close: () => copies.close(),
  };
}

/** The thread that copies, from the first copy on, and the file that it copies to. `path`: of the database. */
function createCopies(path: string): Copies {
  let thread: Worker | undefined;
  let file: number | undefined;
  let closed = false;

  function begin(): Worker {
    const begun = new Worker(worker, { workerData: path });
    begun.unref();
    begun.once('error', () => {
      thread = undefined;
    });
    // Closed after the database: to close any file of it takes away the locks that SQLite has on it in this process.
    file ??= openSync(path, 'r+');
    return begun;
  }

  return {
    async copy() {
      if (closed) throw new Error('The database is closed.');
      thread ??= begin();
      thread.postMessage('copy');
      const [pages] = await once(thread, 'message');
      return pages;
    },
    async sync() {
      if (file !== undefined) await datasync(file);
    },
    async close() {
      closed = true;
      if (thread) {
        const ended = once(thread, 'exit');
        // Else a process with nothing more to do ends before the thread, and what follows is never done.
        thread.ref();
        thread.postMessage('end');
        thread = undefined;
        await ended.catch(() => undefined);
      }
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
