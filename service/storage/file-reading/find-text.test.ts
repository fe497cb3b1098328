import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqlite } from '../connection.ts';
import { emptyLog } from '../empty-log.ts';
import { migrations } from '../migrations/index.ts';
import { openSqliteFile } from '../sqlite.ts';
import { findText } from './find-text.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-text-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = async () => {
  const path = join(folder, 'gatehouse.db');
  const database = openSqliteFile(path);
  return { path, database, ...(await openSqlite<object>(database, { clock: { now: () => 0 } }, migrations)) };
};

test('columns with the text are found with their rows, in any case, and no others', async () => {
  const { path, database, close } = await open();
  database.exec(`create table one (a text, b text, "odd ""name" text);
    insert into one values ('has sub_1 in it', 'SUB_1', null), ('none', 'sub_1', 'sub_2'), (null, null, 'sub_1')`);
  const tables = [
    { table: 'one', columns: ['a', 'b', 'odd "name'] },
    { table: 'organization', columns: ['id', 'name'] },
  ];
  expect(await findText({ path, text: 'sub_1', tables })).toEqual([
    { table: 'one', column: 'a', rows: 1 },
    { table: 'one', column: 'b', rows: 2 },
    { table: 'one', column: 'odd "name', rows: 1 },
  ]);
  await close();
});

test('a long log is emptied; while another reads, it is not, and nothing waits', async () => {
  const { path, database, db, close } = await open();
  database.exec('create table one (bytes blob)');
  const grow = () => {
    for (let row = 0; row < 1_000; row++) database.exec('insert into one values (zeroblob(8000))');
  };
  database.pragma('wal_autocheckpoint = 0');
  grow();
  expect(await emptyLog(db)).toBe(true);
  const reader = openSqliteFile(path);
  reader.exec('begin; select count(*) from one');
  grow();
  expect(await emptyLog(db)).toBe(false);
  reader.exec('commit');
  expect(await emptyLog(db)).toBe(true);
  const { rows } = await sql<{ log: number }>`pragma wal_checkpoint(noop)`.execute(db);
  expect(rows[0]!.log).toBe(0);
  reader.close();
  await close();
});
