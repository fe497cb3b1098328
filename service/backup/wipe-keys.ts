import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { overwriteFile } from '../lib/durable-file.ts';

/** Removes a left-over copy of the key store: it would keep the keys of people erased later. */
export function wipeKeys(folder: string): void {
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-journal', 'master-passphrase.json']) {
    const path = join(folder, name);
    if (existsSync(path)) overwriteFile(path);
  }
}
