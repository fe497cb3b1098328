import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { journalFile, openJournal, sweepUpdateFolder, takeUpdateLock } from './journal.ts';

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
