import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPublicKey, SignatureRefused, type SigningPublicKey } from './minisign.ts';
import { readSmallFile } from './small-file.ts';

/** Where the machine's administrator puts public keys of releases, beside those that came with the package. */
export const RELEASE_KEYS = '/etc/gatehouse/release-keys';

/** Keys whose signatures count: `*.pub` of minisign in these folders, and one more file where a caller names it. */
export function readReleaseKeys(folders: readonly string[], named?: string): SigningPublicKey[] {
  const files = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.pub'))
      .sort()
      .map((name) => join(folder, name)),
  );
  return [...files, ...(named === undefined ? [] : [named])].map(readKeyFile);
}

function readKeyFile(file: string): SigningPublicKey {
  try {
    return readPublicKey(readSmallFile(file));
  } catch (error) {
    if (error instanceof SignatureRefused) throw new SignatureRefused(`${file}: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new SignatureRefused(`This account cannot read the public key ${file}: chmod 0644 ${file}`);
    throw error;
  }
}
