import { closeSync, existsSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A copy of the key store that stayed behind would keep the keys of everybody who is erased from now on. */
export function wipeKeys(folder: string): void {
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-journal', 'master-passphrase.json']) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const handle = openSync(path, 'r+');
    try {
      const zeros = Buffer.alloc(2 ** 16);
      for (let at = 0, { size } = statSync(path); at < size; at += zeros.length)
        writeSync(handle, zeros, 0, Math.min(zeros.length, size - at), at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}
