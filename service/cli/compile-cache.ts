import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where Node keeps what it compiled of the program, a third of the time of a short command. What lies there is run: it is a folder
 * in the installation that this account owns and no other can write to, or undefined.
 */
export function compileCacheFolder(packages: string, account = process.geteuid?.()): string | undefined {
  const shared = join(packages, '.cache');
  const folder = join(shared, 'gatehouse');
  try {
    // Also where root could write to the installation of another account.
    if (account === undefined || statSync(packages).uid !== account) return undefined;
    // Other programs keep theirs beside it, for accounts that may read them.
    mkdirSync(shared, { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const made = lstatSync(folder);
    return made.isDirectory() && made.uid === account && (made.mode & 0o077) === 0 ? folder : undefined;
  } catch {
    // A read-only installation: every command compiles again.
    return undefined;
  }
}
