/** Looks for a text in columns of a SQLite file (find-text.ts). */
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { answerOnce } from '../../lib/machine/page-thread.ts';
import { lowerThisThread } from '../../lib/machine/thread-priority.ts';
import type { ColumnWithText, TextSearch } from './find-text.ts';

lowerThisThread();
void answerOnce(() => find(workerData as TextSearch));

function find({ path, text, tables }: TextSearch): ColumnWithText[] {
  const database = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    return tables.flatMap(({ table, columns }) => {
      // One pass over the table, whatever number of columns it has.
      const counts = columns.map((column) => `count(case when ${quoted(column)} like @text then 1 end)`);
      const row = database
        .prepare(`select ${counts.join(', ')} from ${quoted(table)}`)
        .raw()
        .get({ text: `%${text}%` }) as number[];
      return columns.map((column, i) => ({ table, column, rows: row[i]! })).filter(({ rows }) => rows > 0);
    });
  } finally {
    database.close();
  }
}

/** Names come from our own migrations. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
