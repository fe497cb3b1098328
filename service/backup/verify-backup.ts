import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupFacts } from './backup-file.ts';
import { type Examination, examineBackup } from './examine-backup.ts';
import { layOutBackup, type OpenBackupOrder } from './open-backup.ts';
import { wipeKeys } from './wipe-keys.ts';

/** Prefix of the folders in which backups are tested. */
export const PROOF_FOLDER = 'gatehouse-verify-';

export type VerifyOrder = Omit<OpenBackupOrder, 'into'> & { scratch?: string };

export interface VerifiedBackup extends Examination {
  facts: BackupFacts;
}

/**
 * Restores a backup to a folder of its own (0700, under `scratch`, the system's temporary folder unless given), looks at all of
 * it, and removes the folder again. Throws what `layOutBackup` throws; what else is wrong stands in `problems`.
 */
export async function verifyBackup({ scratch = tmpdir(), ...order }: VerifyOrder): Promise<VerifiedBackup> {
  const folder = mkdtempSync(join(scratch, PROOF_FOLDER));
  try {
    const backup = await layOutBackup({ ...order, into: folder });
    try {
      return { ...(await examineBackup(folder, backup, order)), facts: backup.facts };
    } finally {
      await backup.close();
    }
  } finally {
    wipeKeys(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
