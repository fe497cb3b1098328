/** Looks at one SQLite file (backup-check.ts). */
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { answerOnce } from '../lib/machine/page-thread.ts';
import { lowerThisThread } from '../lib/machine/thread-priority.ts';

lowerThisThread();
void answerOnce(() => findProblems(workerData as string));

function findProblems(path: string): string[] {
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    const verdicts = database.pragma('integrity_check(20)') as { integrity_check: string }[];
    const found = verdicts.map(({ integrity_check }) => integrity_check).filter((text) => text !== 'ok');
    const orphans = database.pragma('foreign_key_check') as { table: string; parent: string }[];
    for (const { table, parent } of orphans.slice(0, 20))
      found.push(`a row of ${table} names a ${parent} that is not there`);
    return found;
  } catch (error) {
    return [(error as Error).message];
  } finally {
    database?.close();
  }
}
