import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearUnfinishedRestore, finishRestore } from './finish-restore.ts';

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

test('a link of that name wipes no keys, and a folder with a similar name stays', () => {
  symlinkSync(data, `${data}.restoring-2026-11-20T12-00-00-000Z`);
  mkdirSync(`${data}.restoring-notes`);
  clearUnfinishedRestore(data);
  expect(readFileSync(join(data, 'keys.db'), 'utf8')).toBe('keys');
  expect(existsSync(`${data}.restoring-notes`)).toBe(true);
});

test('a journal that was cut short while it was written stops no start', () => {
  writeFileSync(`${data}.restoring.json`, '');
  finishRestore(data);
  clearUnfinishedRestore(data);
  expect(existsSync(`${data}.restoring.json`)).toBe(false);
});

test('what was moved aside is replaced by what was laid out beside it, and by nothing else', () => {
  const staged = `${data}.restoring-2026-11-20T12-00-00-000Z`;
  renameSync(data, staged);
  for (const text of ['', '{}', JSON.stringify({ staged: root }), JSON.stringify({ staged: '/etc' })]) {
    writeFileSync(`${data}.restoring.json`, text);
    expect(() => finishRestore(data), text).toThrow('was interrupted');
  }
  writeFileSync(`${data}.restoring.json`, JSON.stringify({ staged }));
  finishRestore(data);
  expect(readFileSync(join(data, 'keys.db'), 'utf8')).toBe('keys');
  expect(existsSync(`${data}.restoring.json`)).toBe(false);
});
