import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSecretFile } from './secret-file.ts';

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
