import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { answerOf } from '../lib/machine/page-thread.ts';
import { Problem } from '../lib/problem.ts';
import { noteProgress } from '../lib/progress/progress.ts';
import { type DatabaseLocation, openDatabase } from '../storage/connection.ts';
import { type Table, tablesInOrder } from '../storage/migrate.ts';
import type { DialectName } from '../storage/migration.ts';
import { createPostgresClient } from '../storage/postgres/postgres.ts';
import { toStorageProblem } from '../storage/storage-problem.ts';
import { type CopyFacts, readCopyFacts } from './backup-copy-facts.ts';
import type { CopyReply } from './backup-copy-worker.ts';

/** A consistent copy of the database as a SQLite file. */
export async function copyDatabase(
  location: DatabaseLocation,
  to: string,
  clock: Clock,
): Promise<{ facts: CopyFacts; dialect: DialectName }> {
  switch (location.kind) {
    case 'sqlite':
      return { facts: await copySqlite(location.path, to), dialect: 'sqlite' };
    case 'postgres':
      await copyPostgres(location.url, to, clock);
      return { facts: readCopyFacts(to), dialect: 'postgres' };
    case 'sqlite-memory':
      throw new Error('A database in memory has no backups.');
    default:
      return location satisfies never;
  }
}

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './backup-copy-worker.ts' : './backup-copy-worker.js',
  import.meta.url,
);

/**
 * A consistent copy of the SQLite file `from` as the new file `to` (0600), made in a thread of its own over a second
 * connection: writers and the event loop go on meanwhile. Throws STORAGE_FULL when `to` cannot be written; then nothing of it
 * is left.
 */
export async function copySqlite(from: string, to: string): Promise<CopyFacts> {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    closeSync(openSync(to, 'wx', 0o600));
    const { size } = await stat(from);
    const looking = setInterval(async () => {
      const written = await stat(to).catch(() => undefined);
      noteProgress('copying the database', Math.min(written?.size ?? 0, size), size);
    }, 1_000);
    const thread = new Worker(worker, { workerData: { from, to } });
    const reply = await answerOf<CopyReply>(thread, 'copies the database').finally(() =>
      clearInterval(looking),
    );
    if (reply.is === 'done') return reply.facts;
    throw Object.assign(new Error(reply.message), reply.code === undefined ? {} : { code: reply.code });
  } catch (error) {
    for (const suffix of ['', '-journal']) rmSync(`${to}${suffix}`, { force: true });
    const { code } = error as { code?: string };
    if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
      throw new Problem(
        'STORAGE_FULL',
        `There is no room for a copy of the database in ${dirname(to)}: no backup was made. Free as much space as the database takes, then try again.`,
        { cause: error },
      );
    }
    // It reads the one, and writes the other.
    throw toStorageProblem(error, /^SQLITE_(CORRUPT|NOTADB)/.test(code ?? '') ? from : to);
  }
}

/** Rows fetched and written in one go: some milliseconds of the event loop. */
const PAGE = 500;

/**
 * Everything in the PostgreSQL database at one moment (a single read-only REPEATABLE READ transaction, which waits for no
 * writer and holds none up) as a new SQLite file that our own migrations made. Throws BACKUP_UNUSABLE when the database has
 * another schema, STORAGE_UNAVAILABLE when it does not answer.
 */
async function copyPostgres(url: string, to: string, clock: Clock): Promise<void> {
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
