import { closeSync, fsyncSync, openSync } from 'node:fs';

/** A rename or a new name in it is on disk when it returns; where folders cannot be synced it does nothing. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EISDIR' && code !== 'EPERM') throw error;
  } finally {
    closeSync(handle);
  }
}
