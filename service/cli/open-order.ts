import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { OpenBackupOrder } from '../open-backup.ts';
import { UsageError } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { userPath } from './user-path.ts';

export interface MasterKeyOptions {
  masterKeyFile?: string;
  passphraseFile?: string;
}

export const masterKeyFlag = [
  '--master-key-file <file>',
  'the master key (default: the one that the data directory uses)',
] as const;
export const passphraseFlag = [
  '--passphrase-file <file>',
  'file with the passphrase of the master key; asked for on a terminal',
] as const;

/** Where the master key may be: as named, else as the data directory's settings say, else in it. */
export function masterKeySources(
  data: string,
  options: MasterKeyOptions,
  env: Record<string, string | undefined> = process.env,
): Pick<OpenBackupOrder, 'masterKeyFiles'> {
  const named = options.masterKeyFile ?? env.GATEHOUSE_MASTER_KEY_FILE;
  if (named !== undefined && named !== '') {
    const path = userPath(named);
    if (!existsSync(path)) throw new UsageError(`There is no master key file ${path}.`);
    return { masterKeyFiles: [path] };
  }
  return { masterKeyFiles: [settingOf(data), join(data, 'master.key')].filter((path) => path !== undefined) };
}

function settingOf(data: string): string | undefined {
  try {
    const settings = JSON.parse(readFileSync(join(data, 'gatehouse.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof settings.masterKeyFile === 'string' ? settings.masterKeyFile : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where nobody can be asked and no file was named. */
export function passphraseSource(
  { passphraseFile }: MasterKeyOptions,
  terminal: Terminal,
  env: Record<string, string | undefined> = process.env,
): (() => Promise<string>) | undefined {
  const file = passphraseFile ?? env.GATEHOUSE_PASSPHRASE_FILE;
  if (file !== undefined && file !== '')
    return async () => readFileSync(userPath(file), 'utf8').replace(/\r?\n$/, '');
  if (!terminal.interactive || !process.stdin.isTTY) return undefined;
  return async () => {
    process.stderr.write('Passphrase of the master key: ');
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
    try {
      return await lines.question('');
    } finally {
      lines.close();
      process.stderr.write('\n');
    }
  };
}
