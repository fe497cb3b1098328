import type { Restored } from '../backup/restore-backup.ts';
import { compose } from '../compose/compose.ts';
import { parseConfig } from '../config.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';

/**
 * Opens a restored directory once, as a service would: the audit log acknowledges the restore, each person erased after the
 * backup is erased again. Copies of the key store stay as they are until its service starts. Throws BACKUP_UNUSABLE naming both directories.
 */
export async function firstStart(
  { data, aside, found }: Restored,
  passphrase: () => Promise<string>,
): Promise<{ erasedAgain: number }> {
  try {
    // The passphrase is in hand; the credential of a unit is there only while its service runs.
    const { passphraseFile: _, ...config } = parseConfig({ data });
    const gatehouse = await compose(config, {
      log: silentLog,
      workers: 'when-needed',
      // The original may still be in use, and is, until this directory is started by its operator.
      leaveCopies: true,
      unlock: async (open) => open(await passphrase()),
    });
    await gatehouse.close();
    return { erasedAgain: found.people.erased };
  } catch (error) {
    const kept = aside === undefined ? '' : ` The old directory is ${aside}.`;
    throw new Problem(
      'BACKUP_UNUSABLE',
      `${data} was restored, but does not open: ${(error as Error).message}${kept}`,
      { cause: error },
    );
  }
}
