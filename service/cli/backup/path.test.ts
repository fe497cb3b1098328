import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeBackupFile } from '../../backup/backup-file.ts';
import { backupPath, newestIn } from './path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A backup whose name and header say `takenAt`. */
async function write(takenAt: string, sequence?: number, backupKey = 'a'): Promise<string> {
  const path = join(folder, `gatehouse-${new Date(takenAt).toISOString().replaceAll(/[:.]/g, '-')}.backup`);
  const facts = {
    takenAt: new Date(takenAt).toISOString(),
    ...({ origin: 'schedule', gatehouse: '0.1.0', schema: '0001', database: 'sqlite' } as const),
    organizations: [],
    masterKey: 'm',
    backupKey,
    erasures: 0,
    models: [],
    ...(sequence === undefined ? {} : { sequence }),
  };
  const source = (async function* () {
    yield Buffer.from('data');
  })();
  await writeBackupFile(path, facts, { id: backupKey, key: createSecretKey(randomBytes(32)) }, source);
  return path;
}
const chosen = () => backupPath(folder, 'backup verify');

test('a folder is answered with the newest backup in it', async () => {
  await expect(chosen()).rejects.toThrow('no backup (gatehouse-….backup) lies in it.');
  const newest = await write('2026-11-20T09:00:00Z');
  await write('2026-11-19T10:00:00Z');
  writeFileSync(join(folder, 'gatehouse-2026-11-20T10-00-00-000Z.backup'), 'cut short');
  mkdirSync(join(folder, 'zoo'));
  await expect(chosen()).rejects.toThrow(
    `${folder} is a folder: name a file. The newest backup in it:\n  npx gatehouse backup verify ${newest}`,
  );
  expect(await backupPath(newest, 'backup verify')).toBe(newest);
  expect(await backupPath(join(folder, 'none'), 'backup verify')).toBe(join(folder, 'none'));
});

test('the newest is the one with the highest sequence; a date in the future makes no file newer', async () => {
  await write('2126-01-01T00:00:00Z');
  const old = await write('2026-11-19T10:00:00Z');
  expect(await newestIn(folder)).toBe(old);
  await write('2126-01-02T00:00:00Z', 3);
  const newest = await write('2026-11-18T10:00:00Z', 4);
  expect(await newestIn(folder)).toBe(newest);
});

test('an ambiguous folder is refused: several boxes in it, or only future dates', async () => {
  await write('2126-01-01T00:00:00Z');
  await expect(newestIn(folder)).rejects.toThrow('is dated in the future');
  await write('2026-11-19T10:00:00Z', 1, 'a');
  await write('2026-11-20T10:00:00Z', 2, 'b');
  await expect(newestIn(folder)).rejects.toThrow('holds backups of 2 boxes (b, a)');
});
