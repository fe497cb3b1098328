import { existsSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from './failure.ts';
import { userPath } from './user-path.ts';

/**
 * Writes what `work` gives (bytes as they are, everything else as JSON) into the new file that `flag` names, which only this account
 * reads; without one it only works. The file is created first, so that one that exists or cannot be written is refused before anything
 * is done (`undone` says what was not). No file stays when `work` or the writing fails.
 */
export async function intoNewFile<T>(
  out: string | undefined,
  work: () => Promise<T>,
  { undone = '', flag = '--out' }: { undone?: string; flag?: string } = {},
): Promise<T> {
  if (out === undefined) return work();
  const file = userPath(out);
  requireFolderOf(file, undone);
  const handle = await create(file, flag, undone);
  let written = false;
  try {
    const value = await work();
    await handle.writeFile(value instanceof Uint8Array ? value : `${JSON.stringify(value, null, 2)}\n`);
    await handle.sync();
    written = true;
    return value;
  } finally {
    await handle.close();
    if (!written) await rm(file, { force: true });
  }
}

async function create(file: string, flag: string, undone: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${flag}: ${file} exists already. ${undone}Name another file.`);
  }
}

/** Throws where a file of this path cannot be made, because its folder is missing; `undone` says what was not done. */
export function requireFolderOf(file: string, undone = ''): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`The folder ${folder} is not there. ${undone}Make it first.`);
}
