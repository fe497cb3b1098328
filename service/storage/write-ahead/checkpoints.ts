import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type Sqlite from 'better-sqlite3';

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js',
  import.meta.url,
);

/** Commits after which the log is copied. More often, a page that changes in each of them is copied more often, and the log begins anew more often. */
const COMMITS = 128;
/**
 * Pages (4 KiB) of the log from which on a commit copies what is left, as after every 1,000 by SQLite's own rule: while changes follow each
 * other without a pause, the thread alone never comes to the end of the log, and it grows. That commit waits for the disk while everything
 * else stands still, and so does the first of each new log.
 */
const MOST_PAGES = 16_000;

/**
 * Copies the log of a database into its file in a thread, where SQLite would do it in every some commits, while everything else stands
 * still for as many milliseconds.
 */
export interface Checkpoints {
  /** After each commit of the connection that writes much. */
  committed(): void;
  close(): Promise<void>;
}

export function createCheckpoints(database: Sqlite.Database): Checkpoints {
  let thread: Worker | undefined;
  let commits = 0;
  let broken = false;

  function begin(): Worker {
    const begun = new Worker(worker, { workerData: database.name });
    begun.unref();
    // The disk is full or broken: the next commit says it.
    begun.once('error', () => {
      thread = undefined;
      broken = true;
      if (database.open) database.pragma('wal_autocheckpoint = 1000');
    });
    database.pragma(`wal_autocheckpoint = ${MOST_PAGES}`);
    return begun;
  }

  return {
    committed() {
      if (++commits % COMMITS > 0 || broken) return;
      thread ??= begin();
      thread.postMessage('copy');
    },
    async close() {
      if (!thread) return;
      const ended = once(thread, 'exit');
      // Else a process with nothing more to do ends before the thread, and what follows is never done.
      thread.ref();
      thread.postMessage('end');
      thread = undefined;
      await ended.catch(() => undefined);
    },
  };
}
