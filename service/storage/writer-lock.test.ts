import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountSmallDisk } from '../../test/record/small-disk.ts';
import { toDependencyProblem } from '../lib/machine/dependency-problem.ts';
import { Problem } from '../lib/problem.ts';
import { takeWriterLock } from './writer-lock.ts';

const clock = { now: () => Date.UTC(2026, 10, 20, 8) };
const me = { pid: process.pid, host: 'box', command: 'gatehouse serve' };
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that takes the lock and keeps it, though nothing there refers to it. */
async function holdElsewhere(): Promise<ChildProcess> {
  const script = `
    import { takeWriterLock } from ${JSON.stringify(new URL('./writer-lock.ts', import.meta.url).href)};
    const clock = { now: () => ${Date.UTC(2026, 10, 19, 7, 30)} };
    takeWriterLock(process.env.FOLDER, { pid: process.pid, host: 'elsewhere', command: 'gatehouse serve' }, clock);
    for (let i = 0; i < 3; i++) await new Promise((done) => setImmediate(done)).then(gc);
    process.stdout.write('held');
    setInterval(() => {}, 1_000);
  `;
  child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
    env: { ...process.env, FOLDER: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout!, 'data');
  expect(String(said)).toBe('held');
  return child;
}

test('one process holds it; a second learns which, and since when', async () => {
  const { pid } = await holdElsewhere();
  expect(() => takeWriterLock(folder, me, clock)).toThrow(
    expect.objectContaining({
      code: 'CONFLICT',
      message: `${folder} is in use by gatehouse serve (process ${pid} on elsewhere, since 2026-11-19T07:30:00.000Z): stop it first, or choose another data directory.`,
    }),
  );
});

test('kill -9 releases it, whatever writer.json still says', async () => {
  const holder = await holdElsewhere();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(JSON.parse(readFileSync(join(folder, 'writer.json'), 'utf8'))).toMatchObject({ pid: holder.pid });
  const lock = takeWriterLock(folder, me, clock);
  expect(JSON.parse(readFileSync(join(folder, 'writer.json'), 'utf8'))).toEqual({
    ...me,
    since: '2026-11-20T08:00:00.000Z',
  });
  lock.release();
});

test('within one process too; released, it can be taken again', () => {
  const first = takeWriterLock(folder, me, clock);
  expect(() => takeWriterLock(folder, me, clock)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  // The refused second attempt must not have released the first, which only another process sees.
  const program = `const Sqlite = require('better-sqlite3');
    try { new Sqlite(process.argv[1], { timeout: 0 }).exec('begin exclusive'); console.log('taken'); } catch (error) { console.log(error.code); }`;
  const another = execFileSync(process.execPath, ['-e', program, join(folder, 'writer.lock.db')], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  expect(another.trim()).toBe('SQLITE_BUSY');
  first.release();
  first.release();
  expect(existsSync(join(folder, 'writer.json'))).toBe(false);
  takeWriterLock(folder, me, clock).release();
});

test('where the note of the holder cannot be removed, the lock is released all the same', () => {
  const lock = takeWriterLock(folder, me, clock);
  const note = join(folder, 'writer.json');
  rmSync(note);
  mkdirSync(note);
  expect(() => rmSync(note, { force: true })).toThrow();
  lock.release();
  rmSync(note, { recursive: true });
  takeWriterLock(folder, me, clock).release();
});

test('what a read-only disk refuses is said to be of the disk', (context) => {
  const disk = mountSmallDisk(1);
  if (!disk) return context.skip();
  try {
    takeWriterLock(disk.folder, me, clock).release();
    writeFileSync(join(disk.folder, 'file'), '');
    disk.remount('ro');
    const refusals = [
      () => takeWriterLock(disk.folder, me, clock),
      () => rmSync(join(disk.folder, 'file')),
      () => rmSync(join(disk.folder, 'file'), { force: true, recursive: true }),
      () => mkdirSync(join(disk.folder, 'folder')),
    ].map((step) => {
      try {
        return step();
      } catch (error) {
        return (error instanceof Problem ? error : toDependencyProblem(error))?.message;
      }
    });
    for (const text of refusals) expect(text).toMatch(/\(EROFS\).*writable/);
  } finally {
    disk.remove();
  }
});
