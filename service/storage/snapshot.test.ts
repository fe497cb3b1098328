import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { openDatabase } from './connection.ts';
import type { Migration } from './migration.ts';
import { migrations } from './migrations/index.ts';

const time = Date.UTC(2026, 10, 20, 8, 0, 0);
const at = (now: number) => ({ clock: { now: () => now }, log: silentLog });
const step = (number: number): Migration => ({
  name: `900${number}-step`,
  up: ({ text }) => [`create table step${number} (id ${text})`],
});
const broken: Migration = { name: '9009-broken', up: () => ['create table half (id text)', 'nonsense'] };

let folder: string;
let snapshots: string;
let place: { kind: 'sqlite'; path: string };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-snapshot-'));
  snapshots = join(folder, 'snapshots');
  place = { kind: 'sqlite', path: join(folder, 'gatehouse.db') };
  await (await openDatabase(place, at(time), [...migrations, step(1)])).close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('none for a new file, nor for one that is up to date', async () => {
  await (await openDatabase(place, at(time), [...migrations, step(1)])).close();
  expect(existsSync(snapshots)).toBe(false);
});

test('before migrating: checked, private, as the database was; named when the migration fails', async () => {
  const opening = openDatabase(place, at(time), [...migrations, step(1), step(2), broken]);
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
    await (await openDatabase(place, at(time + number), list)).close();
  }
  expect(readdirSync(snapshots).sort()).toEqual([
    '9003-step-2026-11-20T08-00-00-004Z.db',
    '9004-step-2026-11-20T08-00-00-005Z.db',
    '9005-step-2026-11-20T08-00-00-006Z.db',
  ]);
});

test('without a snapshot nothing is migrated', async () => {
  writeFileSync(snapshots, 'in the way');
  await expect(openDatabase(place, at(time), [...migrations, step(1), step(2)])).rejects.toThrow();
  const file = new Sqlite(place.path, { readonly: true });
  expect(file.prepare('select max(name) from schema_migration').pluck().get()).toBe('9001-step');
  file.close();
});
