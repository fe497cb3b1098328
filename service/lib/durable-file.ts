import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a file is written before it has its name; a process that was killed leaves it. */
export const unfinishedName = (path: string): string => `${path}.unfinished`;

export interface WriteOptions {
  /** false: throws EEXIST where a file has the name already, however many processes write it. */
  replace?: boolean;
}

/** The file is on disk whole, mode 0600, when it returns, also across a power cut. Throws, and leaves no part of it, otherwise. */
export function writeDurably(path: string, content: string, { replace = true }: WriteOptions = {}): void {
  const unfinished = unfinishedName(path);
  try {
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, content, { flag: 'wx', mode: 0o600, flush: true });
    if (replace) renameSync(unfinished, path);
    else {
      linkSync(unfinished, path);
      rmSync(unfinished);
    }
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** As `writeDurably`, part by part and beside the event loop: for a place that may be slow or hang. Gives the bytes written. */
export async function writeDurablyAside(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { replace = true }: WriteOptions = {},
): Promise<number> {
  const unfinished = unfinishedName(path);
  try {
    await rm(unfinished, { force: true });
    const size = await writeParts(unfinished, parts);
    if (replace) await rename(unfinished, path);
    else {
      await putNew(unfinished, path);
      await rm(unfinished, { force: true });
    }
    await syncFolderAside(dirname(path));
    return size;
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeParts(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<number> {
  // Not a file that another account put there to read along.
  await using file = await open(path, 'wx', 0o600);
  let size = 0;
  for await (const part of parts) {
    await file.writeFile(part);
    size += part.length;
  }
  await file.sync();
  return size;
}

async function putNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    // A file system without hard links (FAT): another process could come between the claim and the rename.
    const claim = await open(to, 'wx', 0o600);
    await claim.close();
    await rename(from, to);
  }
}

/**
 * Overwrites the bytes of a file with zeros. A flash disk, a copy-on-write or journaling file system, and any snapshot or
 * backup may keep the old bytes all the same.
 */
export function overwriteFile(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    const zeros = Buffer.alloc(2 ** 16);
    for (let at = 0, { size } = fstatSync(handle); at < size; at += zeros.length)
      writeSync(handle, zeros, 0, Math.min(zeros.length, size - at), at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What is in the file is on disk when it returns. */
export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** On Windows, and on network file systems that cannot do it; what lies in the folder is synced all the same. */
const unable = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EBADF'];

const passOver = (error: unknown): void => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !unable.includes(code)) throw error;
};

/** A rename or a new name in it is on disk when it returns; where folders cannot be synced it does nothing. */
export function syncFolder(folder: string): void {
  try {
    syncFile(folder);
  } catch (error) {
    passOver(error);
  }
}

async function syncFolderAside(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    passOver(error);
  }
}
