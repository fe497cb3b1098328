import { randomFillSync } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { type KeyStore, openKeyStore } from '../storage/keys/key-store.ts';
import { openSigningKeys, type SigningKeys } from '../storage/keys/signing-keys.ts';
import type { MasterKey } from '../storage/master/master-key.ts';
import { masterKeyFile } from '../storage/master/master-key-file.ts';
import {
  type MasterKeyProvider,
  PASSPHRASE_NOTE,
  readMasterRecord,
} from '../storage/master/master-key-provider.ts';
import { masterPassphrase } from '../storage/master/master-passphrase.ts';
import { writeSecretFile } from '../storage/master/secret-file.ts';
import { migrations } from '../storage/migrations/index.ts';
import { createSealer, type Sealer } from '../storage/sealing/sealed.ts';
import { type BackupFacts, openBackupFile } from './backup-file.ts';
import { copyKeyStore, findKeyStore, type KeyStoreState, openBackupKey } from './backup-key.ts';
import { unpackParts } from './backup-parts.ts';

export interface OpenBackupOptions {
  file: string;
  /** Folder of a key store copy, a data directory, or the file. */
  keys: string;
  /** Master key of a running service; if given, no other source is used. */
  master?: MasterKey;
  /** Files that may hold the master key, the likeliest first. */
  masterKeyFiles: readonly string[];
  /** Whether the file that the key store remembers (`master use-file`) is tried too, last. */
  rememberedMasterKey?: boolean;
  /** Asked when only the passphrase opens it. */
  passphrase?: (() => Promise<string>) | undefined;
  /** An empty folder of mode 0700. */
  into: string;
  clock: Clock;
  log: Log;
  progress?: (what: string, done?: number, of?: number) => void;
}

/** A backup laid out in a folder (`gatehouse.db`, `gatehouse.json`, `models/`, `keys.db`), with its keys. */
export interface LaidOutBackup {
  facts: BackupFacts;
  /** Names of what was in the file. */
  parts: string[];
  store: KeyStoreState & { path: string };
  keys: KeyStore;
  master: MasterKey;
  /** The file that holds the master key; undefined for a passphrase. */
  masterFrom: string | undefined;
  sealer: Sealer;
  signing: SigningKeys;
  close(): Promise<void>;
}

/**
 * Refuses, before it writes anything of the backup: a newer schema, a key store that is not the backup's or older than it, a
 * master key that does not open it (BACKUP_UNUSABLE, SEALED, WRONG_PASSPHRASE; each names what is needed and what was given).
 * A damaged file is refused on the way. The folder is the caller's to remove.
 */
export async function layOutBackup({
  file,
  keys: place,
  master: given,
  masterKeyFiles,
  rememberedMasterKey = false,
  passphrase,
  into,
  clock,
  log,
  progress = () => {},
}: OpenBackupOptions): Promise<LaidOutBackup> {
  await using opened = new AsyncDisposableStack();
  const backup = await openBackupFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Problem('BACKUP_UNUSABLE', `There is no backup ${file}.`);
    throw error;
  });
  opened.defer(() => backup.close());
  const { facts } = backup;
  requireKnownSchema(facts);
  mkdirSync(into, { recursive: true, mode: 0o700 });
  progress('opening the keys');
  const from = findKeyStore(place);
  const path = join(into, 'keys.db');
  const state = copyKeyStore(from, path);
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock, log });
  opened.defer(() => keys.close());
  await requireItsKeyStore(keys, facts, from);
  const remembered = rememberedMasterKey ? await rememberedFile(keys) : [];
  const { master, from: masterFrom } = given
    ? { master: given, from: undefined }
    : await openMaster(keys, { into, masterKeyFiles: [...masterKeyFiles, ...remembered], passphrase });
  const key = await openBackupKey({ keys, master }, { mayCreate: false });
  const sealer = await createSealer({ keys, master, clock, log, random: randomFillSync });
  const signing = await openSigningKeys({ keys, master });
  const parts = await unpackParts(
    backup.read(key, (done, of) => progress('reading the backup', done, of)),
    into,
  );
  if (!parts.includes('gatehouse.db')) throw new Problem('BACKUP_UNUSABLE', `${file} holds no database.`);
  await backup.close();
  const everything = opened.move();
  return {
    facts,
    parts,
    store: { ...state, path: from },
    keys,
    master,
    masterFrom,
    sealer,
    signing,
    close: () => everything.disposeAsync(),
  };
}

function requireKnownSchema({ schema, gatehouse }: BackupFacts): void {
  if (migrations.some(({ name, replaces }) => [name, replaces?.name].includes(schema))) return;
  throw new Problem(
    'BACKUP_UNUSABLE',
    `The backup has schema ${schema} (Gatehouse ${gatehouse}), this Gatehouse knows schemas up to ${migrations.at(-1)?.name}: use that Gatehouse or a newer one.`,
  );
}

async function requireItsKeyStore(keys: KeyStore, facts: BackupFacts, from: string): Promise<void> {
  const secret = (await keys.secrets()).find(({ name }) => name === 'backup');
  const held = secret && (JSON.parse(secret.details) as { id?: string }).id;
  if (held !== facts.backupKey) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      `The backup needs the key store with the backup key ${facts.backupKey}; ${from} holds ${held ?? 'none'}: it belongs to another Gatehouse, or is older than the first backup.`,
    );
  }
  const known = new Set<string>((await keys.organizations()).map(({ organization }) => organization));
  const missing = facts.organizations.filter((id) => !known.has(id));
  const erasures = (await keys.erasureLedger()).length;
  if (missing.length > 0 || erasures < facts.erasures) {
    const what =
      missing.length > 0
        ? `it lacks the keys of ${missing.join(', ')}`
        : `it knows ${erasures} erasures, the backup ${facts.erasures}`;
    throw new Problem(
      'BACKUP_UNUSABLE',
      `The key store ${from} is older than the backup (${what}): give its newest copy, or people who were erased come back.`,
    );
  }
}

async function rememberedFile(keys: KeyStore): Promise<string[]> {
  const { kind, path } = await readMasterRecord(keys);
  return kind === 'file' && path !== undefined && existsSync(path) ? [path] : [];
}

async function openMaster(
  keys: KeyStore,
  { into, masterKeyFiles, passphrase }: Pick<OpenBackupOptions, 'into' | 'masterKeyFiles' | 'passphrase'>,
): Promise<{ master: MasterKey; from: string | undefined }> {
  const [needed] = await keys.masters();
  const given: string[] = [];
  const providers: MasterKeyProvider[] = masterKeyFiles.map((path) => masterKeyFile(path));
  const wrapped = await keys.note(PASSPHRASE_NOTE);
  if (wrapped) {
    const path = join(into, 'master-passphrase.json');
    writeSecretFile(path, wrapped);
    providers.push(masterPassphrase(path));
  }
  for (const provider of providers) {
    const held = provider.held();
    for (const which of ['current', 'next'] as const) {
      const one = held[which];
      if (one.is === 'unusable') throw one.problem;
      if (one.is !== 'key') continue;
      if (one.id !== needed) given.push(`${provider.name} holds ${one.id}`);
      else if (provider.asks === 'nothing')
        return { master: await provider.open(which), from: provider.path };
      else if (passphrase) return { master: await provider.open(which, await passphrase()), from: undefined };
      else given.push('its passphrase was not given');
    }
  }
  const record = await readMasterRecord(keys);
  throw new Problem(
    'BACKUP_UNUSABLE',
    `The key store needs the master key ${needed ?? '(none)'}${record.kind === 'passphrase' ? ', which a passphrase protects' : ''}; ${
      given.length > 0
        ? given.join(', ')
        : `there is none in ${masterKeyFiles.join(' or ') || 'any file that was named'}`
    }: give its file with --master-key-file F.`,
  );
}
