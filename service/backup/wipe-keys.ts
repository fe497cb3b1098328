import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { overwriteFile } from '../lib/durable-file.ts';

/** A copy of the key store that stayed behind would keep the keys of everybody who is erased from now on. */
export function wipeKeys(folder: string): void {
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-journal', 'master-passphrase.json']) {
    const path = join(folder, name);
    if (existsSync(path)) overwriteFile(path);
  }
}
