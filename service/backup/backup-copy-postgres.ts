import Sqlite from 'better-sqlite3';
import type pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { openDatabase } from '../storage/connection.ts';
import { type Table, tablesInOrder } from '../storage/migrate.ts';
import { createPostgresClient } from '../storage/postgres/postgres-session.ts';
import { toStorageProblem } from '../storage/storage-problem.ts';

/** Rows fetched and written in one go: some milliseconds of the event loop. */
const PAGE = 500;

/**
 * Everything in the PostgreSQL database at one moment (a single read-only REPEATABLE READ transaction, which waits for no
 * writer and holds none up) as a new SQLite file that our own migrations made. Throws BACKUP_UNUSABLE when the database has
 * another schema, STORAGE_UNAVAILABLE when it does not answer.
 */
export async function copyPostgres(url: string, to: string, clock: Clock): Promise<void> {
  await (await openDatabase({ kind: 'sqlite', path: to }, { clock, log: silentLog })).close();
  const target = new Sqlite(to, { fileMustExist: true });
  const source = createPostgresClient(url, 'gatehouse backup');
  try {
    // Nothing reads the file before it is whole, and it is synced as part of the backup.
    target.pragma('journal_mode = DELETE');
    target.pragma('synchronous = OFF');
    target.pragma('foreign_keys = OFF');
    await source.connect();
    await source.query('begin isolation level repeatable read read only');
    await requireSameSchema(source, target);
    for (const table of tablesInOrder(target)) await copyTable(source, target, table);
    await source.query('commit');
  } catch (error) {
    throw toStorageProblem(error);
  } finally {
    await source.end().catch(() => {});
    target.close();
  }
}

async function requireSameSchema(source: pg.Client, target: Sqlite.Database): Promise<void> {
  const { rows } = await source.query<{ name: string }>('select name from schema_migration order by name');
  const ours = target.prepare('select name from schema_migration order by name').pluck().all() as string[];
  const theirs = rows.map(({ name }) => name);
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  throw new Problem(
    'BACKUP_UNUSABLE',
    `The database has schema ${theirs.at(-1)}, this Gatehouse ${ours.at(-1)}: the Gatehouse that runs on it makes its backups.`,
  );
}

async function copyTable(
  source: pg.Client,
  target: Sqlite.Database,
  { name: table, columns }: Table,
): Promise<void> {
  const list = columns.map(quoted).join(', ');
  const insert = target.prepare(
    `insert into ${quoted(table)} (${list}) values (${columns.map(() => '?').join(', ')})`,
  );
  const write = target.transaction((rows: unknown[][]) => {
    for (const row of rows) insert.run(...row);
  });
  await source.query(`declare page no scroll cursor for select ${list} from ${quoted(table)}`);
  for (;;) {
    const { rows } = await source.query<unknown[]>({ text: `fetch ${PAGE} from page`, rowMode: 'array' });
    if (rows.length === 0) break;
    write(rows);
  }
  await source.query('close page');
}

/** Names come from our own migrations. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
