import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readReleaseKeys } from './release-keys.ts';
import { checkFileSignature } from './signed-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-small-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kinds: [string, (path: string) => void][] = [
  ['a pipe', (path) => void spawnSync('mkfifo', [path])],
  ['an endless device', (path) => symlinkSync('/dev/zero', path)],
  ['a folder', (path) => symlinkSync('/', path)],
];

test.skipIf(process.platform === 'win32').each(kinds)('%s is no signature and no public key', (_, make) => {
  const model = join(folder, 'model');
  writeFileSync(model, 'model');
  make(`${model}.minisig`);
  expect(checkFileSignature(model, Buffer.from('model'), () => [])).toEqual({
    is: 'refused',
    why: `${model}.minisig is no file.`,
  });
  make(join(folder, 'one.pub'));
  expect(() => readReleaseKeys([folder])).toThrow(/one\.pub is no file/);
});
