import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

/** As many commits as a copy follows, with a page each. */
function commitLines(database: Sqlite.Database, checkpoints: Checkpoints): void {
  for (let i = 0; i < 128; i++) {
    database.prepare('insert into line values (?)').run('x'.repeat(4_000));
    checkpoints.committed();
  }
}

test('after 128 commits the log is in the file', async () => {
  const database = openLog();
  const before = statSync(path).size;
  const checkpoints = createCheckpoints(database);
  commitLines(database, checkpoints);
  await expect.poll(() => statSync(path).size).toBeGreaterThan(before + 128 * 4_000);
  database.close();
  await checkpoints.close();
});

test('while commits follow each other without a pause, a long log begins anew', async () => {
  const database = openLog();
  const checkpoints = createCheckpoints(database);
  const insert = database.prepare('insert into line values (?)');
  const line = 'x'.repeat(60_000);
  database.pragma('synchronous = NORMAL');
  const pages = () => (database.pragma('wal_checkpoint(NOOP)') as [{ log: number }])[0].log;
  let longest = 0;
  for (;;) {
    await checkpoints.ready();
    insert.run(line);
    checkpoints.committed();
    const now = pages();
    if (now < longest) break;
    longest = now;
    await turn();
  }
  // From there on a commit copies the log itself.
  expect(longest).toBeLessThan(database.pragma('wal_autocheckpoint', { simple: true }) as number);
  database.close();
  await checkpoints.close();
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
  const commit = async (times: number) => {
    for (let i = 0; i < times; i++) checkpoints.committed();
    await turn();
  };
  await commit(128);
  expect([tried, rule()]).toEqual([1, 1_000]);
  await commit(64 * 128);
  expect([tried, rule()]).toEqual([1, 1_000]);
  await commit(128);
  expect([tried, rule()]).toEqual([2, 32_000]);
  database.close();
});

test('changes wait while a copy falls behind, and go on after it', async () => {
  const database = openLog();
  const gate = Promise.withResolvers<number>();
  const checkpoints = createCheckpoints(database, {
    copy: () => gate.promise,
    sync: async () => {},
    close: async () => {},
  });
  for (let i = 0; i < 128 + 511; i++) checkpoints.committed();
  expect(checkpoints.ready()).toBeUndefined();
  checkpoints.committed();
  const waiting = checkpoints.ready();
  expect(waiting).toBeInstanceOf(Promise);
  gate.resolve(0);
  await waiting;
  expect(checkpoints.ready()).toBeUndefined();
  database.close();
});

test('while the database is open, no other process can take its log away', async () => {
  const database = openLog();
  const before = statSync(path).size;
  const checkpoints = createCheckpoints(database);
  commitLines(database, checkpoints);
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
    for (let i = 0; i < 128; i++) checkpoints.committed();
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
