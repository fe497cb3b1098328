import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCheckpoints } from './checkpoints.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-checkpoints-'));
  path = join(folder, 'gatehouse.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function openLog() {
  const database = new Sqlite(path);
  database.pragma('journal_mode = WAL');
  database.pragma('wal_autocheckpoint = 0');
  database.exec('create table line (text)');
  return database;
}

test('after 128 commits the log is in the file', async () => {
  const database = openLog();
  const before = statSync(path).size;
  const checkpoints = createCheckpoints(database);
  for (let i = 0; i < 128; i++) {
    database.prepare('insert into line values (?)').run('x'.repeat(4_000));
    checkpoints.committed();
  }
  // The thread does what it was asked for before it ends.
  await checkpoints.close();
  expect(statSync(path).size).toBeGreaterThan(before + 128 * 4_000);
  database.close();
});

test('a process waits for the thread to end, and ends by itself', async () => {
  const program = `
    import Sqlite from 'better-sqlite3';
    import { createCheckpoints } from ${JSON.stringify(join(import.meta.dirname, 'checkpoints.ts'))};
    const database = new Sqlite(${JSON.stringify(path)});
    database.pragma('journal_mode = WAL');
    const checkpoints = createCheckpoints(database);
    for (let i = 0; i < 128; i++) checkpoints.committed();
    await checkpoints.close();
    database.close();
    console.log('closed');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
  });
  expect(stdout).toBe('closed\n');
});
