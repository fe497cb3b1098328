import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashFile, hashFileOnce } from './file-hash.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-file-hash-'));
  file = join(folder, 'model.onnx');
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (n: number) => new Uint8Array(3_000_001).fill(n);

test('a file of several pieces has the hash of all of its bytes; one that is not there has none', async () => {
  const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => i * 7);
  writeFileSync(file, bytes);
  expect([await hashFile(file), await hashFileOnce(file)]).toEqual([sha256(bytes), sha256(bytes)]);
  writeFileSync(file, '');
  expect(await hashFile(file)).toBe(sha256(new Uint8Array()));
  rmSync(file);
  expect([await hashFile(file), await hashFileOnce(file)]).toEqual([undefined, undefined]);
});

test('a file that changed is hashed again, also where its size and its time are as before', async () => {
  for (const n of [1, 2, 3, 2]) {
    writeFileSync(file, bytesOf(n));
    utimesSync(file, 1000, 1000);
    expect(await hashFileOnce(file)).toBe(sha256(bytesOf(n)));
    expect(await hashFileOnce(file)).toBe(sha256(bytesOf(n)));
  }
  expect(statSync(file).mtimeMs).toBe(1_000_000);
});

test('another file under the same name is hashed, however long both have been there', async () => {
  for (const name of ['package.json', 'LICENSE', 'package.json']) {
    const source = join(import.meta.dirname, '../../..', name);
    rmSync(file, { force: true });
    symlinkSync(source, file);
    const hash = sha256(readFileSync(source));
    expect([await hashFileOnce(file), await hashFileOnce(file)]).toEqual([hash, hash]);
  }
});
