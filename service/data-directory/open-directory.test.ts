import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectory } from './open-directory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-new-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was made in a new directory goes again, with the folders made for it', () => {
  const data = join(folder, 'srv', 'gatehouse');
  const remove = makeDirectory(data);
  writeFileSync(join(data, 'writer.lock.db'), '');
  mkdirSync(join(data, 'tmp'));
  remove();
  expect(readdirSync(folder)).toEqual([]);
});

test('a directory that was there stays, and so does a folder in which something else is meanwhile', () => {
  writeFileSync(join(folder, 'writer.lock.db'), ''); // an earlier start left it
  const remove = makeDirectory(folder);
  writeFileSync(join(folder, 'keys.db'), '');
  remove();
  expect(readdirSync(folder)).toEqual([]);

  const removeBelow = makeDirectory(join(folder, 'srv', 'gatehouse'));
  writeFileSync(join(folder, 'srv', 'other'), '');
  removeBelow();
  expect(readdirSync(join(folder, 'srv'))).toEqual(['other']);
});

test('nothing goes from a directory that is in use', () => {
  writeFileSync(join(folder, 'gatehouse.json'), '{}');
  const remove = makeDirectory(folder);
  writeFileSync(join(folder, 'keys.db'), '');
  remove();
  expect(existsSync(join(folder, 'keys.db'))).toBe(true);
});
