import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { SubjectId } from '../lib/id.ts';
import { answerOf } from '../lib/machine/page-thread.ts';
import { Problem } from '../lib/problem.ts';
import { toStorageProblem } from './storage-problem.ts';
import type { Db } from './transaction.ts';

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './backup-check-worker.ts' : './backup-check-worker.js',
  import.meta.url,
);

/** What the thread does. `look-in-use`: one table after the other, as no log is emptied while the file is read (emptyLog). */
export interface FileTask {
  is: 'look' | 'look-in-use' | 'repair';
  path: string;
}

/** What the thread says. */
export interface Checked {
  /** Problems that SQLite reports; empty if the file is intact. */
  damage: string[];
  /** After a repair; it is undone where there are any. */
  left?: string[];
  /** Of SQLite, where it could not go on. */
  code?: string;
}

const askThread = (task: FileTask): Worker => new Worker(worker, { workerData: task });

/** Problems that SQLite reports for a file; empty if it is intact. Runs in a thread. */
export async function findDamage(path: string): Promise<string[]> {
  return (await answerOf<Checked>(askThread({ is: 'look', path }), 'checks the database')).damage;
}

/** The same of a file that others write to meanwhile. Ends with `signal`, between two tables, and is empty then. */
export async function findDamageInUse(path: string, signal?: AbortSignal): Promise<string[]> {
  if (signal?.aborted) return [];
  const thread = askThread({ is: 'look-in-use', path });
  const end = () => void thread.terminate();
  signal?.addEventListener('abort', end, { once: true });
  try {
    return (await answerOf<Checked>(thread, 'checks the database')).damage;
  } catch (error) {
    if (signal?.aborted) return [];
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/**
 * Writes the indexes of a SQLite file, which nothing else has open, anew from its rows. Gives what was damaged; then it is whole. Throws
 * CONFLICT where more than indexes is damaged, and STORAGE_FULL; then nothing is changed.
 */
export async function repairIndexes(path: string): Promise<string[]> {
  const thread = askThread({ is: 'repair', path });
  const { damage, left = [], code } = await answerOf<Checked>(thread, 'repairs the database');
  if (code !== undefined && !/^SQLITE_(CORRUPT|CONSTRAINT|NOTADB)/.test(code))
    throw toStorageProblem(Object.assign(new Error(left[0] ?? damage[0]), { code }), path);
  if (left.length === 0 && code === undefined) return damage;
  throw new Problem(
    'CONFLICT',
    `More than the indexes of ${path} is damaged (${describeDamage(left.length === 0 ? damage : left)}): nothing in it was changed. ${restoreOf(path)}`,
  );
}

/** What of a file is damaged, in words. */
export const describeDamage = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first}; and ${more.length} more`;

const restoreOf = (path: string): string =>
  basename(path) === 'keys.db'
    ? 'Keep the file, and put back the newest copy of the key store (gatehouse keystore places).'
    : 'Keep the file, and restore a backup.';

/** What an operator does about a damaged file of the data directory. */
export const fileRemedy = (path: string): string =>
  `What a damaged index does not find is left out, such as a hold or a withdrawal. Stop the service, then repair the indexes: gatehouse migrate --reindex. Where that says that more is damaged: ${restoreOf(path)}`;

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
