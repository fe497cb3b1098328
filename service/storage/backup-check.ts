import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { SubjectId } from '../lib/id.ts';
import { answerOf } from '../lib/machine/page-thread.ts';
import type { Db } from './transaction.ts';

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './backup-check-worker.ts' : './backup-check-worker.js',
  import.meta.url,
);

/** Problems that SQLite reports for a file; empty if it is intact. Runs in a thread. */
export function findDamage(path: string): Promise<string[]> {
  return answerOf(new Worker(worker, { workerData: path }), 'checks the database');
}

/** The file is no longer the source of scheduled backups. */
export function removePlans(path: string): void {
  const database = new Sqlite(path, { fileMustExist: true });
  try {
    database.exec('delete from backup_plan');
  } finally {
    database.close();
  }
}

/** The model files that made the templates. */
export async function templateFiles(
  db: Db,
): Promise<{ embedder: string; sha256: string; templates: number }[]> {
  const rows = await db
    .selectFrom('template')
    .select(['embedder', 'embedder_sha256'])
    .select((eb) => eb.fn.countAll<number>().as('templates'))
    .groupBy(['embedder', 'embedder_sha256'])
    .execute();
  return rows.map(({ embedder, embedder_sha256, templates }) => ({
    embedder,
    sha256: embedder_sha256,
    templates: Number(templates),
  }));
}

/** All subjects, a page at a time. */
export async function* everySubject(db: Db): AsyncGenerator<SubjectId[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('subject')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .limit(2_000)
      .execute();
    if (rows.length === 0) return;
    after = rows.at(-1)!.id;
    yield rows.map(({ id }) => id as SubjectId);
  }
}

export async function organizationIds(db: Db): Promise<string[]> {
  return (await db.selectFrom('organization').select('id').orderBy('id').execute()).map(({ id }) => id);
}
