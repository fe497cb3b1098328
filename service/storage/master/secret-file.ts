import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { overwriteFile, syncFolder, type WriteOptions, writeDurably } from '../../lib/durable-file.ts';
import { Problem } from '../../lib/problem.ts';
import { toStorageProblem } from '../storage-problem.ts';

/** More than any of ours; a path that names something else is not read into memory whole. */
const MOST_BYTES = 64 * 1024;

/**
 * The text of a file that only its owner may read. Throws SEALED, naming the file and the remedy, for one that others can read;
 * `what` names it ("The master key"). A credential of systemd (`LoadCredential=`) is of root, lies in a folder that the service alone may
 * open, and is given to it by an access list, which shows as group bits (0440).
 */
export function readSecretFile(
  path: string,
  what: string,
  { CREDENTIALS_DIRECTORY: credentials }: Record<string, string | undefined> = process.env,
): string {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new Problem('SEALED', `${what} ${path} ${reason}.`, { cause: error });
  }
  try {
    const status = fstatSync(handle);
    const mode = status.mode & 0o777;
    const open = isCredential(path, credentials) ? 0o037 : 0o077;
    if (process.platform !== 'win32' && status.isFile() && (mode & open) !== 0) {
      throw new Problem(
        'SEALED',
        `${what} ${path} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): run "chmod 600 ${path}", and consider who may have copied it.`,
      );
    }
    if (status.isDirectory() || status.size > MOST_BYTES) {
      throw new Problem('SEALED', `${what} ${path} is not a file of the expected size.`);
    }
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

const isCredential = (path: string, folder: string | undefined): boolean =>
  folder !== undefined && folder !== '' && dirname(resolve(path)) === resolve(folder);

/** As `writeDurably`, in a folder that is made where it is missing. Throws STORAGE_FULL for a disk that takes nothing. */
export function writeSecretFile(path: string, text: string, options?: WriteOptions): void {
  onDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(path, text, options);
  });
}

/** Moves `next` over `path`, whose bytes are overwritten first. Does nothing when there is no `next`. */
export function replaceSecretFile(path: string, next: string): void {
  if (!existsSync(next)) return;
  onDisk(path, () => {
    if (existsSync(path)) overwriteFile(path);
    renameSync(next, path);
    syncFolder(dirname(path));
  });
}

/** Overwrites the bytes (overwriteFile) and removes the file. */
export function destroySecretFile(path: string): void {
  if (!existsSync(path)) return;
  onDisk(path, () => {
    overwriteFile(path);
    rmSync(path);
    syncFolder(dirname(path));
  });
}

function onDisk(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw toStorageProblem(error, path);
  }
}
