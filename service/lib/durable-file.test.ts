import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { overwriteFile, unfinishedName, writeDurably, writeDurablyAside } from './durable-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-durable-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => Buffer.from(text);
type Write = (text: string, options?: { replace?: boolean }) => Promise<unknown>;

describe.each<[string, Write]>([
  ['at once', async (text, options) => writeDurably(path, text, options)],
  ['part by part', (text, options) => writeDurablyAside(path, [...text].map(bytes), options)],
])('a file that is written %s', (_, write) => {
  test('is for its owner alone, replaces what is there and leaves nothing beside it', async () => {
    writeFileSync(unfinishedName(path), 'of a process that was killed', { mode: 0o666 });
    writeFileSync(path, 'before', { mode: 0o644 });
    await write('after');
    expect(readFileSync(path, 'utf8')).toBe('after');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('replaces nothing where it must not', async () => {
    await write('first', { replace: false });
    await expect(write('second', { replace: false })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('is not there in part when its folder is not', async () => {
    path = join(folder, 'missing', 'file');
    await expect(write('text')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('what fails in the middle leaves what was there before', async () => {
  writeFileSync(path, 'before');
  async function* parts() {
    yield bytes('half');
    throw new Error('the source broke');
  }
  await expect(writeDurablyAside(path, parts())).rejects.toThrow('the source broke');
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(existsSync(unfinishedName(path))).toBe(false);
  expect(await writeDurablyAside(path, [bytes('12'), bytes('345')])).toBe(5);
});

test('a file is overwritten to its end and keeps its length', () => {
  const size = 2 ** 16 + 3;
  writeFileSync(path, Buffer.alloc(size, 7));
  overwriteFile(path);
  expect(readFileSync(path).equals(Buffer.alloc(size))).toBe(true);
});
