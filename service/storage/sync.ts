import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

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

/** As `syncFolder`, beside the event loop: for a place that may be slow or hang. */
export async function syncFolderAside(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    passOver(error);
  }
}
