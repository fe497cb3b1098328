/** Copies one SQLite file (backup-copy.ts). */
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { answerOnce } from '../lib/machine/page-thread.ts';
import { lowerThisThread } from '../lib/machine/thread-priority.ts';
import { type CopyFacts, readCopyFacts } from './backup-copy-facts.ts';

export type CopyReply =
  | { is: 'done'; facts: CopyFacts }
  | { is: 'failed'; code: string | undefined; message: string };

lowerThisThread();
void answerOnce(() => copy(workerData as { from: string; to: string }));

function copy({ from, to }: { from: string; to: string }): CopyReply {
  try {
    const source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5_000 });
    try {
      // One read transaction: what is written meanwhile is not in the copy, and waits for nothing.
      source.prepare('vacuum into ?').run(to);
    } finally {
      source.close();
    }
    return { is: 'done', facts: readCopyFacts(to) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { is: 'failed', code, message };
  }
}
