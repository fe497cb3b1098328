import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './failure.ts';

/** Throws where a file of this path cannot be made, because its folder is missing; `undone` says what was not done. */
export function requireFolderOf(file: string, undone = ''): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`The folder ${folder} is not there. ${undone}Make it first.`);
}
