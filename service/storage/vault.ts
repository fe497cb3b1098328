import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { type KeyCopies, noCopies } from './key-copies.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { type MasterKey, openMasterKeyFile } from './master-key.ts';
import { createSealer, type Sealer } from './sealed.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import type { Db } from './transaction.ts';

/** The keys of a data directory, opened. */
export interface Vault {
  sealer: Sealer;
  signing: SigningKeys;
  keys: KeyStore;
  /** Places outside `folder` that hold the newest key store. */
  copies: KeyCopies;
  master: MasterKey;
  close(): Promise<void>;
}

interface VaultDeps {
  /** The database that these keys seal. */
  db: Db;
  clock: Clock;
  log: Log;
  /** Elsewhere than `master.key` in the folder: on a medium that is not always there. */
  masterKeyFile?: string;
}

/**
 * Opens the master key and `keys.db` in `folder`; makes both where neither exists and the database knows no
 * organization. Throws SEALED when one is missing, does not fit the other, or lacks an organization's key: a new key in
 * its place would open nothing, and hide that until the first template is read. Throws SEALED too when the database does
 * not know organizations whose people have keys here: it is not the one these keys belong to, and whatever goes by what it
 * knows (the sweep of keys without a person) would destroy them.
 */
export async function openVault(
  folder: string,
  { db, clock, log, masterKeyFile = join(folder, 'master.key') }: VaultDeps,
): Promise<Vault> {
  const organizations = await db.selectFrom('organization').select('id').execute();
  const path = join(folder, 'keys.db');
  const exists = existsSync(path);
  if (!exists && organizations.length > 0) {
    throw new Problem(
      'SEALED',
      `The key store ${path} is missing, but the database holds what its keys sealed: put back its newest copy.`,
    );
  }
  const master = openMasterKeyFile(masterKeyFile, { mayCreate: !exists });
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock });
  try {
    const sealer = await createSealer({ keys, master, clock, log });
    const held = new Set<string>((await keys.organizations()).map(({ organization }) => organization));
    const missing = organizations.map(({ id }) => id).filter((id) => !held.has(id));
    if (missing.length > 0) {
      throw new Problem(
        'SEALED',
        `The key store ${path} lacks the keys of ${missing.join(', ')}: put back the newest keys.db that belongs to this database.`,
      );
    }
    const known = new Set<string>(organizations.map(({ id }) => id));
    const foreign = (await keys.peopledOrganizations()).filter((id) => !known.has(id));
    if (foreign.length > 0) {
      throw new Problem(
        'SEALED',
        `The key store ${path} holds the keys of people of ${foreign.join(', ')}, whom the database does not know: put back the database that belongs to it, or name it with --database-url. Nothing was changed.`,
      );
    }
    const signing = await openSigningKeys({ keys, master });
    return { sealer, signing, keys, copies: noCopies, master, close: () => keys.close() };
  } catch (error) {
    await keys.close();
    throw error;
  }
}
