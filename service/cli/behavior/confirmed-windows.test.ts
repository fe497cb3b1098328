import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personWindow } from '../../../test/support/behavior-windows.ts';
import { readConfirmed } from './confirmed-windows.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'confirmed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const line = { person: 'u_17', confirmed: 'face', consent: true, data: personWindow() };
function fileOf(...lines: unknown[]): string {
  const path = join(folder, 'windows.jsonl');
  writeFileSync(path, lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'));
  return path;
}

test('confirmed windows are read, empty lines left out', async () => {
  expect(await readConfirmed(fileOf(line, '', { ...line, confirmed: 'passkey' }))).toEqual([
    line,
    { ...line, confirmed: 'passkey' },
  ]);
});

test.each([
  ['of an unconfirmed person', { ...line, confirmed: 'password' }, 'line 2: confirmed'],
  ['without consent', { ...line, consent: false }, 'line 2: consent'],
  ['without a person', { ...line, person: '' }, 'line 2: person'],
  ['with another field', { ...line, label: 'human' }, 'line 2'],
  [
    'whose figures leave their bounds',
    { ...line, data: personWindow({ mouse: { str: 2 } }) },
    'data.mouse.str',
  ],
  ['that is no JSON', '{"person":', 'line 2: this is not JSON'],
])('a file with a window %s is refused at its line', async (_, second, message) => {
  await expect(readConfirmed(fileOf(line, second, line))).rejects.toThrow(message);
});

test('a file that is not there is named', async () => {
  await expect(readConfirmed(join(folder, 'none.jsonl'))).rejects.toThrow('There is no file at');
});
