import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { type Database, openDatabase } from './connection.ts';
import type { Db, Tx } from './transaction.ts';

const deps = { clock: { now: () => 1_000 }, log: silentLog };
let folder: string;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-connection-'));
  database = await openDatabase({ kind: 'sqlite', path: join(folder, 'data', 'gatehouse.db') }, deps);
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function pragma(name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(database.db);
  return Object.values(rows[0] ?? {})[0];
}

const settings = async () => ({
  journal: await pragma('journal_mode'),
  synchronous: await pragma('synchronous'),
  secureDelete: await pragma('secure_delete'),
  foreignKeys: await pragma('foreign_keys'),
  busyTimeout: await pragma('busy_timeout'),
});

function addOrganizations(tx: Tx, count: number) {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: `org_${index}`,
    name: 'x'.repeat(4_000),
    created_at: 1,
    match_only: 0,
    uniqueness_policy: 'off',
    consent_policy: 'attested',
  }));
  return tx.insertInto('organization').values(rows).execute();
}
const countOrganizations = async () =>
  (await database.db.selectFrom('organization').select('id').execute()).length;

describe('a SQLite file', () => {
  const durable = { journal: 'wal', synchronous: 2, secureDelete: 1, foreignKeys: 1, busyTimeout: 5_000 };

  test('is durable and private at the first start and at the second', async () => {
    expect(await settings()).toEqual(durable);
    const path = join(folder, 'data', 'gatehouse.db');
    expect([statSync(path).mode & 0o777, statSync(`${path}-wal`).mode & 0o777]).toEqual([0o600, 0o600]);
    await database.close();
    database = await openDatabase({ kind: 'sqlite', path }, deps);
    expect(await settings()).toEqual(durable);
  });

  test('a transaction waits for the disk in its commit, and every other change too', async () => {
    const level = async (from: Db | Tx = database.db) =>
      (await sql<{ synchronous: number }>`pragma synchronous`.execute(from)).rows[0]!.synchronous;
    const inside = await database.inTransaction(async (tx) => {
      await addOrganizations(tx, 1);
      return level(tx);
    });
    expect(inside).toBe(2);
    await database.db.deleteFrom('organization').execute();
    expect(await level()).toBe(2);
    database.requireWriter();
  });

  test.each([
    ['the directory is deleted', () => rmSync(join(folder, 'data'), { recursive: true })],
    ['the directory is moved', () => renameSync(join(folder, 'data'), join(folder, 'elsewhere'))],
    [
      'another directory is in its place',
      () => {
        renameSync(join(folder, 'data'), join(folder, 'elsewhere'));
        mkdirSync(join(folder, 'data'));
        writeFileSync(join(folder, 'data', 'gatehouse.db'), '');
      },
    ],
    ['the log is deleted', () => rmSync(join(folder, 'data', 'gatehouse.db-wal'))],
  ])('nothing is acknowledged once %s', async (_what, happens) => {
    await database.inTransaction((tx) => addOrganizations(tx, 1));
    happens();
    const refused = {
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('deleted, moved or replaced'),
    };
    await expect(database.inTransaction((tx) => addOrganizations(tx, 1))).rejects.toMatchObject(refused);
    await expect(database.db.deleteFrom('organization').execute()).rejects.toMatchObject(refused);
    expect(() => database.requireWriter()).toThrow('deleted, moved or replaced');
  });

  test('what is deleted while a transaction runs takes its acknowledgement back', async () => {
    const lost = database.inTransaction(async (tx) => {
      await addOrganizations(tx, 1);
      rmSync(join(folder, 'data'), { recursive: true });
    });
    await expect(lost).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(/deleted, moved or replaced.*the result is unknown/),
    });
  });

  test('a full disk is STORAGE_FULL, changes nothing, and later writes succeed', async () => {
    const pages = Number(await pragma('page_count'));
    await pragma(`max_page_count = ${pages + 4}`);
    const failing = database.inTransaction(async (tx) => {
      await addOrganizations(tx, 1);
      await sql`delete from organization`.execute(tx);
      await addOrganizations(tx, 100);
    });
    await expect(failing).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringContaining('Free some space'),
    });
    expect(await countOrganizations()).toBe(0);
    await pragma('max_page_count = 1000000');
    await database.inTransaction((tx) => addOrganizations(tx, 100));
    expect(await countOrganizations()).toBe(100);
  });

  test('a read-only disk is STORAGE_FULL and says what to do; reading goes on', async () => {
    await pragma('query_only = on');
    await expect(database.inTransaction((tx) => addOrganizations(tx, 1))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringContaining('Mount its disk read-write'),
    });
    expect(await countOrganizations()).toBe(0);
  });
});
