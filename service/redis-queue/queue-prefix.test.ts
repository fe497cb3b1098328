import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { queuePrefix } from './queue-prefix.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-queue-id-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const random = (byte: number) => (into: Uint8Array) => void into.fill(byte);

test('the prefix is made once for a data directory, and is another one elsewhere', () => {
  const made = queuePrefix(folder, random(0xab));
  expect(made).toBe(`gatehouse:${'ab'.repeat(16)}`);
  expect(queuePrefix(folder, random(0xcd))).toBe(made);
  expect(statSync(join(folder, 'queue-id')).mode & 0o777).toBe(0o600);
});

test.each(['', 'ab', '../../x', `${'ab'.repeat(16)}*`])('a file that holds %j is made anew', (text) => {
  writeFileSync(join(folder, 'queue-id'), text);
  expect(queuePrefix(folder, random(1))).toBe(`gatehouse:${'01'.repeat(16)}`);
  expect(readFileSync(join(folder, 'queue-id'), 'utf8')).toBe(`${'01'.repeat(16)}\n`);
});
