import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteFile } from './sqlite.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('few pages are held, and a transaction that changes more writes none of them before its commit', () => {
  const path = join(folder, 'gatehouse.db');
  const database = openSqliteFile(path);
  const log = () => (existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0);
  database.exec('create table one (bytes blob)');
  const before = log();
  const insert = database.prepare('insert into one values (zeroblob(4000))');
  database.exec('begin');
  for (let row = 0; row < 2_000; row++) insert.run();
  expect(log()).toBe(before);
  database.exec('commit');
  expect(log()).toBeGreaterThan(2_000 * 4_000);
  expect(database.pragma('cache_size', { simple: true })).toBe(-2_048);
  database.close();
});
