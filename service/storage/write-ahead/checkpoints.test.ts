import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Checkpoints, createCheckpoints } from './checkpoints.ts';

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

const pagesOf = (database: Sqlite.Database) =>
  (database.pragma('wal_checkpoint(NOOP)') as [{ log: number }])[0].log;

/** Commits lines of `bytes` until the log has so many pages. */
function fillLog(database: Sqlite.Database, checkpoints: Checkpoints, pages: number, bytes = 60_000): void {
  const insert = database.prepare('insert into line values (?)');
  const line = 'x'.repeat(bytes);
  database.pragma('synchronous = NORMAL');
  while (pagesOf(database) < pages) {
    insert.run(line);
    checkpoints.committed();
  }
}

test('once the log has 2,000 pages it is in the file', async () => {
  const database = openLog();
  const checkpoints = createCheckpoints(database);
  const before = statSync(path).size;
  fillLog(database, checkpoints, 1_990);
  expect(statSync(path).size).toBe(before);
  fillLog(database, checkpoints, 2_000);
  await expect.poll(() => statSync(path).size).toBeGreaterThan(1_500 * 4_096);
  database.close();
  await checkpoints.close();
});

test('while commits follow each other without a pause, a long log begins anew', async () => {
  const database = openLog();
  const checkpoints = createCheckpoints(database);
  const insert = database.prepare('insert into line values (?)');
  const line = 'x'.repeat(60_000);
  database.pragma('synchronous = NORMAL');
  let longest = 0;
  for (;;) {
    await checkpoints.ready();
    insert.run(line);
    checkpoints.committed();
    const now = pagesOf(database);
    if (now < longest) break;
    longest = now;
    await turn();
  }
  // From there on a commit copies the log itself.
  expect(longest).toBeLessThan(database.pragma('wal_autocheckpoint', { simple: true }) as number);
  database.close();
  await checkpoints.close();
});

test('while the log is short one commit of eight looks, and one of them sees what has grown', () => {
  const database = openLog();
  const copy = vi.fn(async () => 0);
  const checkpoints = createCheckpoints(database, { copy, sync: async () => {}, close: async () => {} });
  checkpoints.committed();
  database.pragma('wal_autocheckpoint = 0');
  database.prepare('insert into line values (?)').run('x'.repeat(2_100 * 4_096));
  for (let i = 0; i < 7; i++) checkpoints.committed();
  expect(copy).not.toHaveBeenCalled();
  checkpoints.committed();
  expect(copy).toHaveBeenCalledOnce();
  database.close();
});

test('where copying fails, commits copy the log, and it is tried again later', async () => {
  const database = openLog();
  let tried = 0;
  const checkpoints = createCheckpoints(database, {
    async copy() {
      if (++tried === 1) throw new Error('disk full');
      return 0;
    },
    sync: async () => {},
    close: async () => {},
  });
  const rule = () => database.pragma('wal_autocheckpoint', { simple: true });
  fillLog(database, checkpoints, 2_000);
  await turn();
  expect([tried, rule()]).toEqual([1, 1_000]);
  database.pragma('wal_autocheckpoint = 0');
  for (let i = 0; i < 8_191; i++) checkpoints.committed();
  expect(tried).toBe(1);
  checkpoints.committed();
  await turn();
  expect([tried, rule()]).toEqual([2, 32_000]);
  database.close();
});

test('changes wait while copying falls behind, and go on after it', async () => {
  const database = openLog();
  const gate = Promise.withResolvers<number>();
  const checkpoints = createCheckpoints(database, {
    copy: () => gate.promise,
    sync: async () => {},
    close: async () => {},
  });
  fillLog(database, checkpoints, 23_980);
  expect(checkpoints.ready()).toBeUndefined();
  fillLog(database, checkpoints, 24_000);
  const waiting = checkpoints.ready();
  expect(waiting).toBeInstanceOf(Promise);
  gate.resolve(0);
  await waiting;
  expect(checkpoints.ready()).toBeUndefined();
  database.close();
});

test('a commit inside of another transaction is left for later', () => {
  const database = openLog();
  const copy = vi.fn(async () => 0);
  const checkpoints = createCheckpoints(database, { copy, sync: async () => {}, close: async () => {} });
  database.pragma('wal_autocheckpoint = 0');
  database.prepare('insert into line values (?)').run('x'.repeat(2_100 * 4_096));
  database.exec('begin immediate');
  checkpoints.committed();
  expect(copy).not.toHaveBeenCalled();
  database.exec('commit');
  checkpoints.committed();
  expect(copy).toHaveBeenCalledOnce();
  database.close();
  checkpoints.committed();
});

test('where the log cannot be looked at, a commit stays one, and SQLite copies', () => {
  const database = openLog();
  const checkpoints = createCheckpoints(database);
  vi.spyOn(database, 'prepare').mockImplementation(() => {
    throw new Error('disk I/O error');
  });
  checkpoints.committed();
  expect(database.pragma('wal_autocheckpoint', { simple: true })).toBe(1_000);
  database.close();
});

test('while the database is open, no other process can take its log away', async () => {
  const database = openLog();
  const before = statSync(path).size;
  const checkpoints = createCheckpoints(database);
  fillLog(database, checkpoints, 2_000);
  await expect.poll(() => statSync(path).size).toBeGreaterThan(before);
  const takeAway = () =>
    run(`
      import Sqlite from 'better-sqlite3';
      const database = new Sqlite(${JSON.stringify(path)}, { timeout: 0 });
      try {
        console.log(database.pragma('journal_mode = DELETE', { simple: true }));
      } catch (error) {
        console.log(error.code);
      }`);
  expect(await takeAway()).toBe('SQLITE_BUSY\n');
  database.close();
  await checkpoints.close();
  expect(await takeAway()).toBe('delete\n');
});

test('a process waits for the thread to end, and ends by itself', async () => {
  const program = `
    import Sqlite from 'better-sqlite3';
    import { createCheckpoints } from ${JSON.stringify(join(import.meta.dirname, 'checkpoints.ts'))};
    const database = new Sqlite(${JSON.stringify(path)});
    database.pragma('journal_mode = WAL');
    const checkpoints = createCheckpoints(database);
    database.exec('create table line (text)');
    database.pragma('wal_autocheckpoint = 0');
    database.prepare('insert into line values (?)').run('x'.repeat(2_100 * 4_096));
    checkpoints.committed();
    database.close();
    await checkpoints.close();
    console.log('closed');`;
  expect(await run(program)).toBe('closed\n');
});

async function run(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
  });
  return stdout;
}
