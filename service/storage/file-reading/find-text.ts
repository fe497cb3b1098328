import { Worker } from 'node:worker_threads';
import { type Kysely, sql } from 'kysely';
import { answerOf } from '../../lib/machine/page-thread.ts';

/** A column with rows that contain the text. */
export interface ColumnWithText {
  table: string;
  column: string;
  rows: number;
}

export interface TextSearch {
  /** Of the SQLite file. */
  path: string;
  /** Without `%` and `_`. In any case. */
  text: string;
  /** With at least one column each. */
  tables: readonly { table: string; columns: readonly string[] }[];
}

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './find-text-worker.ts' : './find-text-worker.js',
  import.meta.url,
);

/** The columns of a SQLite file that contain the text. Reads every row, in a thread over a connection of its own: what is committed. */
export function findText(search: TextSearch): Promise<ColumnWithText[]> {
  return answerOf(new Worker(worker, { workerData: search }), 'searches the database');
}

/** The file of a SQLite database; undefined for one in memory. */
export async function fileOf<S>(db: Kysely<S>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string; file: string }>`pragma database_list`.execute(db);
  return rows.find(({ name }) => name === 'main')?.file || undefined;
}
