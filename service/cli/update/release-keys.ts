import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../lib/problem.ts';
import { readPublicKey, type SigningPublicKey } from '../../release/minisign.ts';

/** Where the machine's administrator puts public keys of releases, beside those that came with the package. */
export const RELEASE_KEYS = '/etc/gatehouse/release-keys';

/** Keys whose signatures count: `*.pub` of minisign in these folders, and one that the command line names. */
export function readReleaseKeys(folders: readonly string[], named?: string): SigningPublicKey[] {
  const files = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.pub'))
      .sort()
      .map((name) => join(folder, name)),
  );
  const keys = [...files, ...(named === undefined ? [] : [named])].map((file) =>
    readPublicKey(readFileSync(file, 'utf8')),
  );
  if (keys.length === 0)
    throw new Problem(
      'INVALID_REQUEST',
      `No public key of releases is here. Compare the key that came with Gatehouse over another way, and put it into ${RELEASE_KEYS} as NAME.pub, or name it with --public-key FILE.`,
    );
  return keys;
}
