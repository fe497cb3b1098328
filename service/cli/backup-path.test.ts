import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backupPath } from './backup-path.ts';
import { UsageError } from './failure.ts';

test('a folder is answered with the newest backup in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const told = () => backupPath(folder, 'backup verify');
  expect(told).toThrow(
    new UsageError(`${folder} is a folder, and no backup (gatehouse-….backup) lies in it.`),
  );
  const newest = join(folder, 'gatehouse-2026-11-20T09-00-00-000Z.backup');
  for (const path of [newest, join(folder, 'gatehouse-2026-11-19T10-00-00-000Z.backup')])
    writeFileSync(path, '');
  mkdirSync(join(folder, 'zoo'));
  expect(told).toThrow(
    new UsageError(
      `${folder} is a folder: name a file. The newest backup in it:\n  npm run --silent gatehouse -- backup verify ${newest}`,
    ),
  );
  expect(backupPath(newest, 'backup verify')).toBe(newest);
  expect(backupPath(join(folder, 'none'), 'backup verify')).toBe(join(folder, 'none'));
});
