import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBytes, textNeedles, vectorNeedles } from './find-bytes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-find-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const vector = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
const bytes = Buffer.from(vector.buffer);
const needles = [...textNeedles('mail', 'ada.lovelace@example.com'), ...vectorNeedles('template', vector)];
const found = (content: string | Buffer) => {
  writeFileSync(join(folder, 'file'), content);
  return findBytes(folder, needles);
};

test('finds a text and a vector however they are written', () => {
  expect(found('nothing')).toEqual([]);
  expect(found('x ada.lovelace@example.com y')).toEqual(['file: mail']);
  expect(found(Buffer.from('ada.lovelace@example.com', 'utf16le'))).toEqual(['file: mail (UTF-16)']);
  for (const before of ['', 'a', 'ab', 'abc'])
    expect(found(Buffer.from(`${before}ada.lovelace@example.com!`).toString('base64'))).toEqual([
      'file: mail (base64)',
    ]);
  expect(found(bytes)).toEqual(Array(3).fill('file: template (float32)'));
  expect(found(bytes.subarray(0, 64))).toEqual(['file: template (float32)']);
  expect(found(bytes.toString('hex'))).toEqual(Array(3).fill('file: template (hex)'));
  expect(found(JSON.stringify([...vector]))).toEqual(Array(3).fill('file: template (JSON)'));
  for (const offset of [0, 1, 2])
    expect(found(Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')).length).toBeGreaterThan(0);
});
