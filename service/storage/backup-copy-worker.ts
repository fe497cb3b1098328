/** Copies one SQLite file (backup-copy.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { CopyFacts } from './backup-copy.ts';

export type CopyReply =
  | { is: 'done'; facts: CopyFacts }
  | { is: 'failed'; code: string | undefined; message: string };

parentPort?.postMessage(copy(workerData as { from: string; to: string }));

function copy({ from, to }: { from: string; to: string }): CopyReply {
  try {
    const source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5_000 });
    try {
      // One read transaction: what is written meanwhile is not in the copy, and waits for nothing.
      source.prepare('vacuum into ?').run(to);
    } finally {
      source.close();
    }
    return { is: 'done', facts: readFacts(to) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { is: 'failed', code, message };
  }
}

function readFacts(path: string): CopyFacts {
  const copied = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const schema = copied.prepare('select max(name) from schema_migration').pluck().get() as string;
    const organizations = copied.prepare('select id from organization order by id').pluck().all() as string[];
    const head = copied
      .prepare('select seq, hash from audit where seq is not null order by seq desc limit 1')
      .get() as { seq: number; hash: string | null } | undefined;
    return { schema, organizations, ...(head?.hash ? { audit: { seq: head.seq, hash: head.hash } } : {}) };
  } finally {
    copied.close();
  }
}
