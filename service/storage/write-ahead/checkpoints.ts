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

/** Pages (4 KiB) by which the log grows until it is copied. More often, a page that changes in each commit is copied more often. */
const COPY_PAGES = 2_000;
/**
 * Pages of the log from which on it has to begin anew. SQLite begins it anew when all of it is copied and on disk. While changes
 * follow each other without a pause, the thread alone never comes to its end: so the next changes wait for a last, short copy.
 */
const LONG_PAGES = 16_000;
/**
 * Pages of the log whose copy is put on disk at once. What is on disk already, the last copy does not wait for; and of more at once, the
 * writes of the log itself wait longer.
 */
const SYNC_PAGES = 6_000;
/** Pages of the log from which on changes wait while it is copied: on a busy core the thread may get too little of it to keep up. */
const HELD_PAGES = 24_000;
/** Where other transactions alone make it that long, one of them copies what is left, as by SQLite's own rule after 1,000. */
const MOST_PAGES = 32_000;
/** Commits of which one looks how long the log is, while it is short: to look takes as long as some rows. */
const LOOKS_APART = 8;
/** Commits after which copying is tried again where it failed. Until then a commit copies the log, and says what is wrong with the disk. */
const COMMITS_APART = 8_192;

/** How many pages the log had when its copy began. */
export type CopiedPages = number;

/**
 * Copies the log of a database into its file in a thread, where SQLite would do it in every some commits, while everything else stands
 * still for as many milliseconds.
 */
export interface Checkpoints {
  /** Before each transaction of the connection that writes much: resolves when the log may grow; undefined: it may. */
  ready(): Promise<void> | undefined;
  /** After each commit of these. Never throws. */
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
  const length = createLength(database);
  const copyInCommitsFrom = createRule(database);
  /** How much of the log is in the file, and how much of that on disk, not only in the system's memory. */
  let copied: CopiedPages = 0;
  let synced: CopiedPages = 0;
  let copying = false;
  let pause: PromiseWithResolvers<void> | undefined;
  /** Commits before the next one that looks. */
  let unseen = 0;

  async function copyAndShorten(): Promise<void> {
    const pages = await copy();
    if (pages - synced >= SYNC_PAGES) await sync(pages);
    if (pages < LONG_PAGES) return;
    await sync(await copy());
    pause ??= Promise.withResolvers();
    await copy();
  }

  async function copy(): Promise<CopiedPages> {
    copied = await copies.copy();
    synced = Math.min(synced, copied);
    return copied;
  }

  async function sync(pages: CopiedPages): Promise<void> {
    await copies.sync();
    synced = pages;
  }

  async function run(): Promise<void> {
    copying = true;
    try {
      await copyAndShorten();
    } catch {
      giveUp();
    }
    copying = false;
    pause?.resolve();
    pause = undefined;
  }

  function giveUp(): void {
    unseen = COMMITS_APART - 1;
    if (database.open) copyInCommitsFrom(1_000);
  }

  function look(): void {
    copyInCommitsFrom(MOST_PAGES);
    const pages = length();
    if (pages < copied) copied = 0;
    if (copying && pages >= HELD_PAGES) pause ??= Promise.withResolvers();
    else if (!copying && pages - copied >= COPY_PAGES) void run();
    unseen = pages - copied < COPY_PAGES / 2 ? LOOKS_APART - 1 : 0;
  }

  return {
    ready: () => pause?.promise,
    committed() {
      // Inside of the next transaction SQLite does not say how long the log is: after that one it does.
      if (!database.open || database.inTransaction) return;
      if (unseen-- > 0) return;
      unseen = 0;
      try {
        look();
      } catch {
        // What was committed stays so, whatever becomes of the log.
        giveUp();
      }
    },
    close: () => copies.close(),
  };
}

/** Sets the pages of the log from which on commits copy it. To ask for the same again costs nothing. */
function createRule(database: Sqlite.Database): (pages: number) => void {
  let set: number | undefined;
  return (pages) => {
    if (pages === set) return;
    database.pragma(`wal_autocheckpoint = ${pages}`);
    set = pages;
  };
}

/** How many pages the log has. Takes some 4 µs. */
function createLength(database: Sqlite.Database): () => number {
  let look: Sqlite.Statement<[], { log: number }> | undefined;
  return () => {
    look ??= database.prepare('pragma wal_checkpoint(NOOP)');
    return look.get()!.log;
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

/** Copies the log of the database in a thread once, as far as no reader needs it. */
export async function copyLog(path: string): Promise<void> {
  const thread = new Worker(worker, { workerData: path });
  const ended = once(thread, 'exit');
  thread.postMessage('copy');
  await once(thread, 'message');
  thread.postMessage('end');
  await ended;
}
