import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const ACCOUNT = 65_534;

/** A data directory of the account whose settings name a file of root's, and what an update of root makes of it. In a process of its own. */
function updated(mode: { givenByRoot: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'seven words of root\n', { mode: 0o600 });
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, 'gatehouse.json'), JSON.stringify({ passphraseFile: secret }));
  writeFileSync(join(data, 'master-passphrase.json'), '{}');
  writeFileSync(join(data, 'master.key'), '');
  chownSync(data, ACCOUNT, ACCOUNT);
  const program = `
    const { readFileSync } = await import('node:fs');
    const { environmentOf } = await import(${JSON.stringify(join(import.meta.dirname, 'installed-data.ts'))});
    const options = ${JSON.stringify(mode.givenByRoot ? { passphraseFile: secret } : {})};
    try {
      const { passphrase } = await environmentOf(${JSON.stringify(data)}, options);
      console.log(process.geteuid(), readFileSync('/proc/self/fd/' + passphrase, 'utf8'));
    } catch (error) {
      console.log(process.geteuid(), error.message);
    }`;
  const words = ['--disable-sigusr1', '--input-type=module', '-e', program];
  return { secret, said: execFileSync(process.execPath, words, { encoding: 'utf8' }).trim() };
}

describe.runIf(process.getuid?.() === 0)(
  'an update by root, with the data directory of another account',
  () => {
    test('does not read a file of root that the settings of that account name', () => {
      const { secret, said } = updated({ givenByRoot: false });
      expect(said).toBe(`0 The passphrase file ${secret} cannot be read (EACCES).`);
    });

    test('reads the file that root names', () => {
      expect(updated({ givenByRoot: true }).said).toBe('0 seven words of root');
    });
  },
);
