import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteFile, sqliteWays } from '../sqlite.ts';
import { createTransactionGuard } from '../transaction-guard.ts';
import { createLateSync, type LateSync } from './late-sync.ts';

let folder: string;
let db: Kysely<{ thing: { a: number } }>;
let late: LateSync;
let synced: string[];
let sync: () => Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'late-sync-'));
  const database = openSqliteFile(join(folder, 'data.sqlite'));
  synced = [];
  sync = async () => {};
  late = createLateSync(database, async (path) => ({
    datasync: () => sync().then(() => void synced.push(path)),
    close: async () => void synced.push('closed'),
  }));
  db = new Kysely({ dialect: sqliteWays(database, createTransactionGuard(), { late }).dialect });
  await sql`create table thing (a integer)`.execute(db);
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

/** 1: the commit does not wait for the disk; 2: it does. */
const level = async (from = db) =>
  (await sql<{ synchronous: number }>`pragma synchronous`.execute(from)).rows[0]!.synchronous;
const insert = (a: number) =>
  db.transaction().execute(async (tx) => {
    await tx.insertInto('thing').values({ a }).execute();
    return level(tx);
  });

test('the commit does not wait, the answer does', async () => {
  const gate = Promise.withResolvers<void>();
  sync = () => gate.promise;
  let answered = false;
  const running = late
    .run(() => insert(1))
    .finally(() => {
      answered = true;
    });
  // Others see the change, and their own commits wait for the disk as always.
  await expect.poll(() => db.selectFrom('thing').selectAll().execute()).toEqual([{ a: 1 }]);
  expect(await insert(2)).toBe(2);
  expect([answered, synced]).toEqual([false, []]);
  gate.resolve();
  expect(await running).toBe(1);
  expect(synced).toEqual([join(folder, 'data.sqlite-wal')]);
  expect(await level()).toBe(2);
});

test('one that throws changes nothing and waits for no disk; the next commits wait again', async () => {
  const broken = late.run(() =>
    db.transaction().execute(async (tx) => {
      await tx.insertInto('thing').values({ a: 1 }).execute();
      throw new Error('broken');
    }),
  );
  await expect(broken).rejects.toThrow('broken');
  expect(synced).toEqual([]);
  expect([await level(), await insert(2)]).toEqual([2, 2]);
  expect(await db.selectFrom('thing').selectAll().execute()).toEqual([{ a: 2 }]);
});

test('what is begun inside for later waits for the disk', async () => {
  let inside: Promise<number> | undefined;
  await late.run(async () => {
    const own = await insert(1);
    inside = insert(2);
    return own;
  });
  expect(await inside).toBe(2);
});

test('after the disk has not confirmed once, nothing more is written, and reading goes on', async () => {
  const gate = Promise.withResolvers<void>();
  sync = () => gate.promise;
  const failing = late.run(() => insert(1));
  const beside = late.run(() => insert(2));
  const rows = () => db.selectFrom('thing').selectAll().execute();
  await expect.poll(rows).toEqual([{ a: 1 }, { a: 2 }]);
  late.requireConfirmed();
  gate.reject(Object.assign(new Error('broken'), { code: 'EIO' }));
  sync = async () => {};

  const unavailable = { code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('did not confirm') };
  await expect(failing).rejects.toMatchObject(unavailable);
  // The disk would confirm this one, but it follows the first in the log.
  await expect(beside).rejects.toMatchObject(unavailable);
  const restart = {
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('restarts the service'),
  };
  await expect(late.run(() => insert(3))).rejects.toMatchObject(restart);
  await expect(insert(4)).rejects.toMatchObject(restart);
  await expect(db.insertInto('thing').values({ a: 5 }).execute()).rejects.toMatchObject(restart);
  expect(() => late.requireConfirmed()).toThrow('nothing more is written');
  expect(await rows()).toEqual([{ a: 1 }, { a: 2 }]);
});

test('the log is closed with it', async () => {
  expect(await late.run(() => insert(1))).toBe(1);
  await late.close();
  expect(synced.at(-1)).toBe('closed');
});
