import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqlite } from './connection.ts';
import { openSqliteFile } from './sqlite.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A database whose next commit the disk does not confirm, once `fails` is set. */
async function open() {
  const file = openSqliteFile(join(folder, 'a.db'));
  const state: { fails?: string | undefined } = {};
  const prepare = file.prepare.bind(file);
  file.prepare = ((source: string) => {
    const statement = prepare(source);
    if (source !== 'commit') return statement;
    return {
      run() {
        const { fails } = state;
        state.fails = undefined;
        if (fails !== undefined) throw new Sqlite.SqliteError('disk I/O error', fails);
        return statement.run();
      },
    };
  }) as typeof file.prepare;
  const opened = await openSqlite<{ one: { n: number } }>(file, { clock: { now: () => 0 } }, [
    { name: '0001-one', up: () => ['create table one (n integer) strict'] },
  ]);
  const add = (n: number) => opened.inTransaction((tx) => sql`insert into one (n) values (${n})`.execute(tx));
  const numbers = async () => (await opened.db.selectFrom('one').select('n').execute()).map(({ n }) => n);
  return { ...opened, state, add, numbers };
}

test('after a commit that the disk did not confirm nothing more is written, and reading goes on', async () => {
  const { db, add, numbers, state, requireWriter, close } = await open();
  await add(1);
  state.fails = 'SQLITE_IOERR_FSYNC';
  await expect(add(2)).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('result is unknown'),
  });
  expect(requireWriter).toThrow('did not confirm an earlier change');
  await expect(add(3)).rejects.toThrow('nothing more is written until the service is started again');
  await expect(sql`delete from one`.execute(db)).rejects.toThrow('nothing more is written');
  expect(await numbers()).toEqual([1]);
  await close();
});

test('a commit that a full disk refuses stops nothing else', async () => {
  const { add, numbers, state, requireWriter, close } = await open();
  state.fails = 'SQLITE_FULL';
  await expect(add(1)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  requireWriter();
  await add(2);
  expect(await numbers()).toEqual([2]);
  await close();
});
