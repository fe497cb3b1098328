import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { OrganizationId } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { openKeyStore } from './key-store.ts';
import { openMasterKeyFile } from './master-key.ts';
import { createSealer, type Sealer } from './sealed.ts';

/** The keys of a data directory, opened. */
export interface Vault {
  sealer: Sealer;
  close(): Promise<void>;
}

/**
 * Opens `master.key` and `keys.db` in `folder`; makes both where `organizations`, all that the database knows, is empty
 * and neither exists. Throws SEALED when one is missing, does not fit the other, or lacks an organization's key: a new
 * key in its place would open nothing, and hide that until the first template is read.
 */
export async function openVault(
  folder: string,
  { clock, log, organizations }: { clock: Clock; log: Log; organizations: readonly OrganizationId[] },
): Promise<Vault> {
  const path = join(folder, 'keys.db');
  const exists = existsSync(path);
  if (!exists && organizations.length > 0) {
    throw new Problem(
      'SEALED',
      `The key store ${path} is missing, but the database holds ${organizations.length} organizations sealed with its keys: put back its newest copy.`,
    );
  }
  const master = openMasterKeyFile(join(folder, 'master.key'), { mayCreate: !exists });
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock });
  try {
    const sealer = await createSealer({ keys, master, clock, log });
    const held = new Set((await keys.organizations()).map(({ organization }) => organization));
    const missing = organizations.filter((organization) => !held.has(organization));
    if (missing.length > 0) {
      throw new Problem(
        'SEALED',
        `The key store ${path} lacks the keys of ${missing.join(', ')}: put back the newest keys.db that belongs to this database.`,
      );
    }
    return { sealer, close: () => keys.close() };
  } catch (error) {
    await keys.close();
    throw error;
  }
}
