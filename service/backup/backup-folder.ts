import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupFile, newestFirst } from '../engine/appliance/index.ts';
import { defined } from '../lib/defined.ts';
import { openBackupFile } from './backup-file.ts';

const named = /^gatehouse-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.backup$/;

export interface BackupInFolder extends BackupFile {
  /** Id of the key that opens it: files of one Gatehouse have the same. */
  backupKey: string;
  /** Its date lies ahead of the clock of this machine: one of the two is wrong. */
  futureDated: boolean;
}

/**
 * Complete backups in a folder, newest first: by their sequence where they have one, because the date in a name is what a clock
 * said. Their headers are read, which nothing proves without the keys. Throws ENOENT and its like for a folder that cannot be read.
 */
export async function readBackupFolder(
  folder: string,
  now: number,
): Promise<{ backups: BackupInFolder[]; unreadable: { path: string; error: Error }[] }> {
  const backups: BackupInFolder[] = [];
  const unreadable: { path: string; error: Error }[] = [];
  for (const name of await readdir(folder)) {
    if (!named.test(name)) continue;
    const path = join(folder, name);
    try {
      const { facts, bytes, close } = await openBackupFile(path);
      await close();
      const { origin, sequence, backupKey } = facts;
      const takenAt = Date.parse(facts.takenAt);
      backups.push({
        path,
        takenAt,
        bytes,
        origin,
        backupKey,
        futureDated: takenAt > now,
        ...defined({ sequence }),
      });
    } catch (error) {
      unreadable.push({ path, error: error as Error });
    }
  }
  return { backups: backups.toSorted(newestFirst(now)), unreadable };
}
