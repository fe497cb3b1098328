/** Looks at one SQLite file, or repairs its indexes (backup-check.ts). */
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { answerOnce } from '../lib/machine/page-thread.ts';
import { lowerThisThread } from '../lib/machine/thread-priority.ts';
import type { Checked, FileTask } from './backup-check.ts';

/** Problems of one kind that are named. */
const NAMED = 20;

lowerThisThread();
void answerOnce(() => work(workerData as FileTask));

function work({ is, path }: FileTask): Checked {
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { readonly: is !== 'repair', fileMustExist: true });
    if (is === 'repair') return repair(database);
    return { damage: is === 'look-in-use' ? damageOfTables(database) : damageIn(database) };
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    // Says nothing of what is in it.
    if (code.startsWith('SQLITE_BUSY')) throw error;
    return { damage: [message], code };
  } finally {
    database?.close();
  }
}

function damageIn(database: Sqlite.Database): string[] {
  return [...verdictsOf(database, String(NAMED)), ...orphansIn(database)];
}

/** One table after the other, each in a transaction of its own. */
function damageOfTables(database: Sqlite.Database): string[] {
  const tables = database.prepare(`select name from sqlite_schema where type = 'table'`).pluck().all();
  const verdicts = ['sqlite_schema', ...(tables as string[])].flatMap((table) =>
    verdictsOf(database, `'${table}'`),
  );
  return [...verdicts.slice(0, NAMED), ...orphansIn(database)];
}

function verdictsOf(database: Sqlite.Database, what: string): string[] {
  const verdicts = database.pragma(`integrity_check(${what})`) as { integrity_check: string }[];
  return verdicts.map(({ integrity_check }) => integrity_check).filter((text) => text !== 'ok');
}

function orphansIn(database: Sqlite.Database): string[] {
  const orphans = database.pragma('foreign_key_check') as { table: string; parent: string }[];
  return orphans
    .slice(0, NAMED)
    .map(({ table, parent }) => `a row of ${table} names a ${parent} that is not there`);
}

function repair(database: Sqlite.Database): Checked {
  for (const pragma of ['synchronous = FULL', 'secure_delete = ON', 'temp_store = MEMORY'])
    database.pragma(pragma);
  const damage = damageIn(database);
  if (damage.length === 0) return { damage };
  database.exec('begin immediate');
  try {
    database.exec('reindex');
    const left = damageIn(database);
    database.exec(left.length === 0 ? 'commit' : 'rollback');
    return { damage, left };
  } catch (error) {
    if (database.inTransaction) database.exec('rollback');
    const { code = '', message } = error as { code?: string; message: string };
    return { damage, left: [message], code };
  }
}
