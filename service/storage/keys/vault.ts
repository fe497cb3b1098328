import { randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { DatabaseDeps } from '../connection.ts';
import { type KeyCopies, openKeyCopies } from '../key-copies/key-copies.ts';
import type { CurrentMaster } from '../master/master-key-provider.ts';
import { type MasterKeySources, masterKeySources, openMaster, type Unlock } from '../master/open-master.ts';
import type { OlderSchema } from '../migrate.ts';
import { type KeysInUse, usedAlone } from '../position/keys-in-use.ts';
import { createSealer, type Sealer } from '../sealing/sealed.ts';
import type { Db } from '../transaction.ts';
import type { CheckpointNote } from './checkpoint-note.ts';
import { type Integrity, openIntegrity } from './integrity.ts';
import { type KeyStore, type KeyStoreLocation, openKeyStore } from './key-store.ts';
import { type NodeLink, openNodeLink } from './node-link.ts';
import { createNoteGuard, openNoteGuard } from './note-guard.ts';
import { type OrganizationKeys, openOrganizationKeys } from './organization-keys.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import { putBack } from './wrapped-key.ts';

/** The keys of a data directory, opened. */
export interface Vault {
  sealer: Sealer;
  signing: SigningKeys;
  /** Detects changes by a writer without keys. */
  integrity: Integrity;
  /** Note of the newest audit checkpoint. */
  checkpointNote: CheckpointNote;
  keys: KeyStore;
  /** Places outside `folder` that hold the newest key store. */
  copies: KeyCopies;
  organizations: OrganizationKeys;
  /** Of a node among several. */
  link: NodeLink | undefined;
  master: CurrentMaster;
  /** Where a master key may be kept. */
  sources: MasterKeySources;
  close(): Promise<void>;
}

interface VaultDeps extends OlderSchema {
  /** The database that these keys seal. */
  db: Db;
  clock: Clock;
  log: Log;
  /** Elsewhere than `keys.db` in the folder: a database of its own. */
  keysLocation?: KeyStoreLocation;
  /** Who opens it; shown to a process that is refused meanwhile (connection.ts). */
  writer?: string;
  directory?: DatabaseDeps['directory'];
  node?: DatabaseDeps['node'];
  /** Elsewhere than `master.key` in the folder: on a medium that is not always there. */
  masterKeyFile?: string | undefined;
  /** Asked when the master key is protected by a passphrase; without, SEALED is thrown then. */
  unlock?: Unlock | undefined;
  /** Which keys the nodes of this database use. */
  inUse?: KeysInUse;
  /** As in openKeyCopies. */
  leaveCopies?: boolean | undefined;
}

/**
 * Opens the master key and `keys.db` in `folder`; makes both where neither exists and the database knows no
 * organization. Throws SEALED when one is missing, does not fit the other, or lacks an organization's key: a new key in
 * its place would open nothing, and hide that until the first template is read. Throws SEALED too when the database does
 * not know organizations whose people have keys here: it is not the one these keys belong to, and whatever goes by what it
 * knows (the sweep of keys without a person) would destroy them. Throws SEALED, last, when a copy of the key store notes a
 * newer audit checkpoint than the key store itself.
 */
export async function openVault(
  folder: string,
  {
    db,
    clock,
    log,
    keysLocation,
    writer,
    directory,
    node,
    masterKeyFile,
    unlock,
    leaveCopies,
    inUse = usedAlone,
    ...older
  }: VaultDeps,
): Promise<Vault> {
  const organizations = await readOrganizations(db);
  const location = keysLocation ?? { kind: 'sqlite', path: join(folder, 'keys.db') };
  const path = location.kind === 'sqlite' ? location.path : '(PostgreSQL)';
  if (location.kind === 'sqlite' && !existsSync(path) && organizations.length > 0) {
    throw new Problem(
      'SEALED',
      `The key store ${path} is missing, but the database holds what its keys sealed: put back its newest copy. If the keys are in PostgreSQL, name their database with --keys-database-url.`,
    );
  }
  await using opened = new AsyncDisposableStack();
  const keys = await openKeyStore(location, {
    clock,
    log,
    ...older,
    ...defined({ writer, directory, node }),
  });
  opened.defer(() => keys.close());
  const guard = createNoteGuard();
  const copies = await openKeyCopies({ keys, data: folder, clock, log, leaveCopies, admitNote: guard.admit });
  opened.defer(() => copies.close());
  const present = new Set<string>((await keys.organizations()).map(({ organization }) => organization));
  const missing = organizations.map(({ id }) => id).filter((id) => !present.has(id));
  if (missing.length > 0) {
    throw new Problem(
      'SEALED',
      `The key store ${path} lacks the keys of ${missing.join(', ')}: put back the newest one that belongs to this database.`,
    );
  }
  const peopled = await keys.peopledOrganizations();
  // Read after them: another node may have made one since.
  const known = new Set<string>((await readOrganizations(db)).map(({ id }) => id));
  const lost = await lostOrganizations(keys);
  // Of one without a key of its own no person's key opens: its id is damaged.
  const foreign = peopled.filter((id) => !known.has(id) && !lost?.has(id) && present.has(id));
  if (foreign.length > 0) {
    throw new Problem(
      'SEALED',
      lost === undefined
        ? `The key store ${path} holds the keys of people of ${foreign.join(', ')}, which the database does not know, and its note of organizations that a restore has lost is damaged. ${await putBack(keys)}`
        : `The key store ${path} holds the keys of people of ${foreign.join(', ')}, which the database does not know: put back the database that belongs to it, or name it with --database-url. Nothing was changed.`,
    );
  }
  const sources = await masterKeySources(folder, { masterKeyFile, keys });
  const master = await openMaster({ keys, sources, log, unlock, mayCreate: organizations.length === 0 });
  const organizationKeys = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const held = await openIntegrity({ keys, master, organizations: organizationKeys });
  const made = held ? undefined : await openSigningKeys({ keys, master });
  const { integrity, checkpointNote } = await openNoteGuard({
    held,
    keys,
    master,
    copies,
    guard,
  });
  // After the guard: a key that an older release did not make is written, and copies take writes only from here on.
  const signing = made ?? (await openSigningKeys({ keys, master, mayCreate: false }));
  const sealer = await createSealer({
    keys,
    copies,
    master,
    organizations: organizationKeys,
    clock,
    log,
    ...(keys.position.shared && {
      cachedKeys: 0,
      others: async () => inUse.past((await keys.state()).revision),
    }),
  });
  const link = keys.position.shared ? await openNodeLink({ keys, master }) : undefined;
  keys.position.follow('organization_key', async (ids) => {
    await master.refresh();
    await organizationKeys.reload(ids as OrganizationId[]);
  });
  keys.position.follow('appliance_secret', async (names, silentFor) => {
    await master.refresh();
    await signing.reload(names);
    await sealer.scopeKeys.reload(names);
    await sealer.transforms.reload(names);
    await link?.reload(names, silentFor);
  });
  keys.position.begin();
  copies.begin();
  inUse.report(async () => {
    const revision = keys.position.revision();
    await sealer.transforms.returned();
    return revision;
  });
  const everything = opened.move();
  return {
    sealer,
    signing,
    integrity,
    checkpointNote,
    keys,
    copies,
    organizations: organizationKeys,
    link,
    master,
    sources,
    close: () => everything.disposeAsync(),
  };
}

const readOrganizations = (db: Db) => db.selectFrom('organization').select('id').execute();

const NOTE = 'restore/lost-organizations';
const readLost = (text: string) => z.array(z.string()).safeParse(parseJson(text)).data;

/** Whether the note can be read, by its name. */
export const readableVaultNotes: Readonly<Record<string, (text: string) => boolean>> = {
  [NOTE]: (text) => readLost(text) !== undefined,
};

/**
 * Organizations whose people still have keys here although the database, restored from an older backup, knows nothing of
 * them: an operator's decision, and the keys stay for a newer backup. Undefined where the note cannot be read.
 */
async function lostOrganizations(keys: Pick<KeyStore, 'note'>): Promise<Set<string> | undefined> {
  const text = await keys.note(NOTE);
  const lost = text === undefined ? [] : readLost(text);
  return lost && new Set(lost);
}

/** Adds to what is there. On disk when it resolves. */
export async function acceptLostOrganizations(
  keys: Pick<KeyStore, 'note' | 'setNote'>,
  organizations: readonly string[],
): Promise<void> {
  const known = (await lostOrganizations(keys)) ?? new Set();
  if (organizations.every((id) => known.has(id))) return;
  await keys.setNote(NOTE, JSON.stringify([...new Set([...known, ...organizations])].sort()));
}
