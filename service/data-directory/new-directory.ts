import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of the lock, of a failed start or of a running process. */
const ofALock = (name: string) => name.startsWith('writer.');

/**
 * Makes the data directory where there is none. Gives what takes everything away again that a start made in a directory which was
 * empty or not there; it leaves any other as it is. Call it only while this process holds the directory.
 */
export function makeDirectory(data: string): () => void {
  const outermost = mkdirSync(data, { recursive: true, mode: 0o700 });
  const isNew = readdirSync(data).every(ofALock);
  return () => {
    if (!isNew) return;
    for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true, force: true });
    if (outermost === undefined) return;
    for (let folder = data; ; folder = dirname(folder)) {
      try {
        rmdirSync(folder);
      } catch {
        return; // something else is in it meanwhile
      }
      if (folder === outermost) return;
    }
  };
}
