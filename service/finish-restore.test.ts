import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearUnfinishedRestore } from './finish-restore.ts';

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-finish-'));
  data = join(root, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'keys.db'), 'keys');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what a restore that was cut short left is removed', () => {
  const staged = `${data}.restoring-2026-11-20T12-00-00-000Z`;
  mkdirSync(staged);
  writeFileSync(join(staged, 'keys.db'), 'keys');
  writeFileSync(`${data}.restoring.json`, '{}');
  clearUnfinishedRestore(data);
  expect(existsSync(staged)).toBe(false);
  expect(existsSync(`${data}.restoring.json`)).toBe(false);
});

test('a link of that name wipes no keys, and a folder that somebody named alike stays', () => {
  symlinkSync(data, `${data}.restoring-2026-11-20T12-00-00-000Z`);
  mkdirSync(`${data}.restoring-notes`);
  clearUnfinishedRestore(data);
  expect(readFileSync(join(data, 'keys.db'), 'utf8')).toBe('keys');
  expect(existsSync(`${data}.restoring-notes`)).toBe(true);
});
