import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountSmallDisk } from '../../../test/record/small-disk.ts';
import { readSecretFile, writeSecretFile } from './secret-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-secret-'));
  file = join(folder, 'passphrase');
  writeFileSync(file, 'correct horse');
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(process.platform === 'win32')(
  'a credential of systemd shows group bits, and is read in its folder alone',
  () => {
    chmodSync(file, 0o440);
    const read = (env: Record<string, string>) => readSecretFile(file, 'The passphrase file', env);
    expect(() => read({})).toThrow('can be read by others (mode 0440)');
    expect(() => read({ CREDENTIALS_DIRECTORY: join(folder, 'other') })).toThrow('mode 0440');
    expect(read({ CREDENTIALS_DIRECTORY: folder })).toBe('correct horse');
    chmodSync(file, 0o444);
    expect(() => read({ CREDENTIALS_DIRECTORY: folder })).toThrow('can be read by others (mode 0444)');
  },
);

test('where its own disk takes nothing more, the refusal names the file and what is used up', (context) => {
  const disk = mountSmallDisk(1, 16);
  if (!disk) return context.skip();
  try {
    const key = join(disk.folder, 'master.key');
    const refusal = () => {
      try {
        return writeSecretFile(key, 'secret');
      } catch (error) {
        return (error as Error).message;
      }
    };
    const filler = join(disk.folder, 'filler');
    writeFileSync(filler, '');
    try {
      writeFileSync(filler, new Uint8Array(2 << 20));
    } catch {
      // It is full.
    }
    expect(refusal()).toContain(`The disk that holds ${key} is full`);
    rmSync(filler);
    for (let left = statfsSync(disk.folder).ffree; left > 0; left--)
      writeFileSync(join(disk.folder, `file ${left}`), '');
    expect(refusal()).toContain(`The disk that holds ${key} has no inode left`);
    disk.remount('ro');
    expect(refusal()).toContain(`${key} cannot be written (EROFS)`);
  } finally {
    disk.remove();
  }
});
