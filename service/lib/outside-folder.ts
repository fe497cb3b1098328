import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { document } from './installation.ts';
import { Problem } from './problem.ts';

/**
 * The real path of a folder that an operator names for what must not lie in the data directory. `what` names it, `inside` says
 * why it cannot lie there. Throws INVALID_REQUEST.
 */
export async function outsideFolder(
  folder: string,
  { data, what, inside }: { data: string; what: string; inside: string },
): Promise<string> {
  const refuse = (why: string) => new Problem('INVALID_REQUEST', why);
  if (!isAbsolute(folder)) throw refuse(`Give the ${what} as an absolute path, not "${folder}".`);
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw refuse(`${folder} is not there: mount the medium, or make the folder first.`);
  if (!found.isDirectory()) throw refuse(`${folder} is no folder.`);
  const place = await realpath(folder);
  const way = relative(await realpath(data), place);
  if (way === '' || !(way.startsWith('..') || isAbsolute(way)))
    throw refuse(`${place} lies in the data directory: ${inside}`);
  return place;
}

/** Why a folder that this account may write is read-only for the service: its disk, or the unit that restricts it. */
export const readOnlyRemedy = (place: string): string =>
  `${place} is read-only for the service: mount it read-write. The unit of the package lets it write below /mnt and /media; another folder needs ReadWritePaths= in a drop-in (${document('OPERATIONS')}, "First day").`;
