import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../../lib/problem.ts';
import { toStorageProblem } from '../storage-problem.ts';
import { syncFolder } from '../sync.ts';

/** More than any of ours; a path that names something else is not read into memory whole. */
const MOST_BYTES = 64 * 1024;

/**
 * The text of a file that only its owner may read. Throws SEALED, naming the file and the remedy, for one that others can read;
 * `what` names it ("The master key").
 */
export function readSecretFile(path: string, what: string): string {
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
    if (process.platform !== 'win32' && status.isFile() && (mode & 0o077) !== 0) {
      throw new Problem(
        'SEALED',
        `${what} ${path} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): run "chmod 600 ${path}", and think about who could have copied it.`,
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

/** On disk, mode 0600, when it returns: either whole or not there. Replaces what lies at `path`. */
export function writeSecretFile(path: string, text: string): void {
  write(path, text, (unfinished) => renameSync(unfinished, path));
}

/** As `writeSecretFile`, but throws (EEXIST) when something lies there: what another process made is never replaced. */
export function createSecretFile(path: string, text: string): void {
  write(path, text, (unfinished) => {
    linkSync(unfinished, path);
    rmSync(unfinished);
  });
}

/** Moves `next` over `path`, whose bytes are overwritten first. Does nothing when there is no `next`. */
export function replaceSecretFile(path: string, next: string): void {
  if (!existsSync(next)) return;
  try {
    overwrite(path);
    renameSync(next, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw toStorageProblem(error);
  }
}

/**
 * Overwrites the bytes and removes the file. A flash disk, a copy-on-write or journaling file system, and any snapshot or
 * backup may keep the old bytes all the same.
 */
export function destroySecretFile(path: string): void {
  if (!existsSync(path)) return;
  try {
    overwrite(path);
    rmSync(path);
    syncFolder(dirname(path));
  } catch (error) {
    throw toStorageProblem(error);
  }
}

function write(path: string, text: string, putInPlace: (unfinished: string) => void): void {
  const unfinished = `${path}.unfinished`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(unfinished, { force: true });
    const handle = openSync(unfinished, 'wx', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    putInPlace(unfinished);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw toStorageProblem(error);
  }
}

function overwrite(path: string): void {
  if (!existsSync(path)) return;
  const handle = openSync(path, 'r+');
  try {
    const { size } = fstatSync(handle);
    writeSync(handle, Buffer.alloc(size), 0, size, 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
