import { statSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { userPath } from '../user-path.ts';

/** The file that was named. Throws for a folder, with the newest backup in it and the `command` to write. */
export async function backupPath(given: string, command: string): Promise<string> {
  const path = userPath(given);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new UsageError(
    `${path} is a folder: name a file. The newest backup in it:\n  ${invocation} ${command} ${await newestIn(path)}`,
  );
}

/**
 * The newest backup in a folder, by its sequence, not by the date in its name. Throws where there is none, where it was dated in the
 * future and has no sequence, and where the folder holds backups of several Gatehouses.
 */
export async function newestIn(folder: string): Promise<string> {
  // Loaded only now: most commands name a file.
  const { readBackupFolder } = await import('../../backup/backup-folder.ts');
  const { backups } = await readBackupFolder(folder, systemClock.now());
  const [newest] = backups;
  if (newest === undefined)
    throw new UsageError(`${folder} is a folder, and no backup (gatehouse-….backup) lies in it.`);
  const keys = [...new Set(backups.map(({ backupKey }) => backupKey))];
  if (keys.length > 1) {
    throw new UsageError(
      `${folder} holds backups of ${keys.length} boxes (${keys.join(', ')}): name the file. “${invocation} backup list ${folder}” shows whose each is.`,
    );
  }
  if (newest.futureDated && newest.sequence === undefined) {
    throw new UsageError(
      `Every backup in ${folder} is dated in the future: set the clock of this machine, or name the file. “${invocation} backup list ${folder}” shows them.`,
    );
  }
  return newest.path;
}
