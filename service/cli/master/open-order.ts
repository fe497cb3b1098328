import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenBackupOptions } from '../../backup/open-backup.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';
import { readPassphrase } from './passphrase.ts';

export interface MasterKeyOptions {
  masterKeyFile?: string | undefined;
  passphraseFile?: string | undefined;
}

export const masterKeyFlag = [
  '--master-key-file <file>',
  'the master key (default: the one that the data directory uses)',
] as const;
/** Possible locations of the master key: the given one, the one in the settings, or the data directory. */
export function masterKeySources(
  data: string,
  options: MasterKeyOptions,
  env: Record<string, string | undefined> = process.env,
): Pick<OpenBackupOptions, 'masterKeyFiles' | 'rememberedMasterKey'> {
  const named = options.masterKeyFile ?? env.GATEHOUSE_MASTER_KEY_FILE;
  if (named !== undefined && named !== '') {
    const path = userPath(named);
    if (!existsSync(path)) throw new UsageError(`There is no master key file ${path}.`);
    return { masterKeyFiles: [path] };
  }
  const inFolder = join(data, 'master.key');
  return {
    masterKeyFiles: [
      settingIn(env.GATEHOUSE_SETTINGS),
      settingIn(join(data, 'gatehouse.json')),
      inFolder,
    ].filter((path) => path !== undefined),
    rememberedMasterKey: true,
  };
}

function settingIn(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return typeof settings.masterKeyFile === 'string' ? settings.masterKeyFile : undefined;
  } catch {
    return undefined;
  }
}

/** Asked for once, and only when it is needed. */
export function passphraseSource({ passphraseFile }: MasterKeyOptions): () => Promise<string> {
  let given: Promise<string> | undefined;
  return () => (given ??= readPassphrase('Passphrase of the master key: ', passphraseFile));
}
