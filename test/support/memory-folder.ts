import { existsSync, statfsSync } from 'node:fs';

/** A folder in memory, where one has so many GiB free: what is written there waits for no disk. */
export function memoryFolder(gibibytes: number): string | undefined {
  const folder = '/dev/shm';
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= gibibytes * 2 ** 30 ? folder : undefined;
}
