import { statSync } from 'node:fs';
import { asOwnerOf } from '../../backup/data-owner.ts';
import { parseConfig } from '../../config.ts';
import { isInitialized } from '../data-directory.ts';
import { passphraseFor, updatePassphrase } from './passphrase-file.ts';
import { serviceEnvironment } from './service-environment.ts';

export interface UpdateEnvironment extends Disposable {
  env: Record<string, string>;
  /** The open file of the passphrase; undefined where none protects the master key, or it was not asked for. */
  passphrase: number | undefined;
}

/**
 * What the programs of an update are started with: the environment of the unit, and the passphrase. The settings of the data directory, and
 * the file that they name, are read as the account that owns it: it may have named a file that only root may read. Throws where the
 * passphrase cannot be had.
 */
export async function environmentOf(
  data: string,
  { passphraseFile: given, opens = true }: { passphraseFile?: string; opens?: boolean },
): Promise<UpdateEnvironment> {
  const env = serviceEnvironment();
  const without = { env, passphrase: undefined, [Symbol.dispose]() {} };
  if (!opens || !isInitialized(data)) return without;
  const passphrase = await asOwnerOf(data, (around) => {
    const { passphraseFile: setting } = parseConfig({ data }, { ...process.env, ...env });
    return updatePassphrase({ data, given, setting, around });
  });
  if (passphrase === undefined) return without;
  const file = passphraseFor(passphrase, statSync(data));
  return {
    env: { ...env, GATEHOUSE_PASSPHRASE_FILE: file.path },
    passphrase: file.fd,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
