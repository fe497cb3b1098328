import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import type { Migration } from '../migration.ts';
import { migrations } from '../migrations/index.ts';
import { keepSnapshot } from './keep-snapshot.ts';

const time = Date.UTC(2026, 10, 20, 8, 0, 0);
const at = (now: number) => ({ clock: { now: () => now }, log: silentLog });
const step = (number: number): Migration => ({
  name: `900${number}-step`,
  up: ({ text }) => [`create table step${number} (id ${text})`],
});
const broken: Migration = { name: '9009-broken', up: () => ['create table half (id text)', 'nonsense'] };

let folder: string;
let snapshots: string;
let location: { kind: 'sqlite'; path: string };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-snapshot-'));
  snapshots = join(folder, 'snapshots');
  location = { kind: 'sqlite', path: join(folder, 'gatehouse.db') };
  await (await openDatabase(location, at(time), [...migrations, step(1)])).close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('none for a new file, nor for one that is up to date', async () => {
  await (await openDatabase(location, at(time), [...migrations, step(1)])).close();
  expect(existsSync(snapshots)).toBe(false);
});

test('before migrating: checked, private, as the database was; named when the migration fails', async () => {
  const opening = openDatabase(location, at(time), [...migrations, step(1), step(2), broken]);
  await expect(opening).rejects.toThrow(/9009-broken failed.*snapshot .*2026-11-20T08-00-00-000Z\.db\.$/);
  expect(readdirSync(snapshots)).toEqual(['9001-step-2026-11-20T08-00-00-000Z.db']);
  const path = join(snapshots, readdirSync(snapshots)[0]!);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const copy = new Sqlite(path, { readonly: true });
  const tables = copy
    .prepare("select name from sqlite_schema where name like 'step%' or name = 'half'")
    .pluck();
  expect(tables.all()).toEqual(['step1']);
  copy.close();
});

test('the newest three are kept', async () => {
  const list = [...migrations, step(1)];
  for (let number = 2; number <= 6; number++) {
    list.push(step(number));
    await (await openDatabase(location, at(time + number), list)).close();
  }
  expect(readdirSync(snapshots).sort()).toEqual([
    '9003-step-2026-11-20T08-00-00-004Z.db',
    '9004-step-2026-11-20T08-00-00-005Z.db',
    '9005-step-2026-11-20T08-00-00-006Z.db',
  ]);
});

test('of one schema the newest snapshot stays, so that updates without a migration do not drop older schemas', async () => {
  const list = [...migrations, step(1)];
  for (let number = 2; number <= 4; number++) {
    list.push(step(number));
    await (await openDatabase(location, at(time + number), list)).close();
  }
  for (const later of [10, 11])
    expect(
      await keepSnapshot(location, { version: '9004-step', clock: { now: () => time + later } }),
    ).toContain('9004-step');
  expect(readdirSync(snapshots).sort()).toEqual([
    '9002-step-2026-11-20T08-00-00-003Z.db',
    '9003-step-2026-11-20T08-00-00-004Z.db',
    '9004-step-2026-11-20T08-00-00-011Z.db',
  ]);
});

test('a disk without room for two copies is said before one is begun', async () => {
  const { size } = statSync(location.path);
  const keep = (free: number) =>
    keepSnapshot(location, { version: '9001-step', clock: { now: () => time }, freeBytes: () => free });
  await expect(keep(2 * size)).rejects.toMatchObject({
    code: 'STORAGE_FULL',
    message: expect.stringMatching(/copy of the database needs up to [\d.]+ MB, and .* has [\d.]+ MB free/),
  });
  expect(existsSync(snapshots)).toBe(false);
  expect(await keep(2 * size + 32 * 2 ** 20)).toContain(snapshots);
});

test('without a snapshot nothing is migrated', async () => {
  writeFileSync(snapshots, 'in the way');
  await expect(openDatabase(location, at(time), [...migrations, step(1), step(2)])).rejects.toThrow();
  const file = new Sqlite(location.path, { readonly: true });
  expect(file.prepare('select max(name) from schema_migration').pluck().get()).toBe('9001-step');
  file.close();
});
