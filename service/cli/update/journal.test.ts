import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type JournalEntry,
  journalFile,
  noteReady,
  openJournal,
  readJournal,
  sweepUpdateFolder,
  takeUpdateLock,
  UPDATE_TRIAL,
} from './journal.ts';

test('the program that a recovery runs from stays until all else is done', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-sweep-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['program', 'given-1']) mkdirSync(join(folder, name));
  for (const file of [journalFile(folder), join(folder, 'lock')]) writeFileSync(file, '');
  sweepUpdateFolder(folder);
  openJournal(folder).remove();
  expect(readdirSync(folder)).toEqual(['given-1', 'lock', 'program']);
  sweepUpdateFolder(folder);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.runIf(process.platform === 'linux')(
  'one update at a time; a program that outlives a killed one holds the lock too, and is waited for',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-lock-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const take = (waitSeconds: number) => takeUpdateLock({ folder, waitSeconds });
    const first = await take(0);
    expect(statSync(folder).mode & 0o777).toBe(0o711);
    await expect(take(0)).rejects.toMatchObject({ code: 'CONFLICT' });
    const orphan = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore', 'ignore', first.fd] });
    await once(orphan, 'spawn');
    first[Symbol.dispose]();
    await expect(take(0)).rejects.toThrow('Another update is under way');
    const waiting = take(60);
    orphan.stdin!.end();
    (await waiting)[Symbol.dispose]();
    (await take(0))[Symbol.dispose]();
  },
);

function interruptedAt(step: JournalEntry['step']) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-ready-'));
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-update-data-'));
  onTestFinished(() => {
    for (const one of [folder, data]) rmSync(one, { recursive: true, force: true });
  });
  const versions = { from: '0.1.0', to: '0.2.0' };
  const kept = { before: 'old.deb', program: '/kept', schema: '0034' };
  openJournal(folder).write({
    ...versions,
    ...kept,
    format: 1,
    step,
    data,
    running: true,
    restored: false,
  });
  return {
    data,
    ready: (version: string, env = {}) => noteReady(data, { version, env, folder }),
    step: () => readJournal(folder)?.step,
    end: () => openJournal(folder).remove(),
  };
}

test.each(['changing data', 'starting'] as const)(
  'a version that became ready after its update was cut short at "%s" is one that answered',
  (step) => {
    const { data, ready, ...update } = interruptedAt(step);
    expect(update.step()).toBe(step);
    ready('0.2.0', { [UPDATE_TRIAL]: 'yes' });
    ready('0.1.0');
    expect(update.step()).toBe(step);
    ready('0.2.0');
    expect(update.step()).toBe('ready');
    update.end();
    ready('0.2.0');
    expect(readdirSync(data)).toEqual([]);
  },
);

test('what is being taken back goes on, whatever became ready before; a mark that is no file counts for nothing', () => {
  const back = interruptedAt('data back');
  back.ready('0.2.0');
  expect(back.step()).toBe('data back');
  const { data, step } = interruptedAt('starting');
  mkdirSync(join(data, 'update-ready'));
  expect(step()).toBe('starting');
});

test.runIf(process.platform === 'linux')(
  'a terminal that is closed ends neither the update nor a program of it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-hangup-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const module = (name: string) => JSON.stringify(join(import.meta.dirname, name));
    const program = `
      const { takeUpdateLock } = await import(${module('journal.ts')});
      const { runProgram } = await import(${module('machine.ts')});
      using _ = await takeUpdateLock({ folder: ${JSON.stringify(folder)}, waitSeconds: 0 });
      const until = 'echo begun > begun; until [ -e closed ]; do sleep 0.05; done; echo whole';
      console.log(await runProgram('sh', ['-c', 'cd ${folder}; ' + until]));`;
    const words = ['--disable-sigusr1', '--input-type=module', '-e', program];
    // A group of its own, as a shell makes one for each command.
    const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const said = child.stdout.toArray();
    await expect.poll(() => readdirSync(folder), { timeout: 20_000 }).toContain('begun');
    process.kill(-child.pid!, 'SIGHUP');
    await new Promise((resolve) => void setTimeout(resolve, 200));
    writeFileSync(join(folder, 'closed'), '');
    expect(Buffer.concat(await said).toString()).toBe('whole\n\n');
  },
);
