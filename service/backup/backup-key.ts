import { createHash, createSecretKey, randomFillSync } from 'node:crypto';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Problem } from '../lib/problem.ts';
import { COPY_NAME } from '../storage/key-copies/key-copy-file.ts';
import type { KeyStore } from '../storage/keys/key-store.ts';
import { secretBound } from '../storage/keys/wrapped-key.ts';
import type { MasterKey } from '../storage/master/master-key.ts';
import type { Random } from '../storage/sealing/aes-gcm.ts';
import type { BackupKey } from './backup-file.ts';

const NAME = 'backup';
const BOUND = secretBound(NAME);

/**
 * The key that wraps every backup file's own key. It lies in the key store under the master key, and so in every copy of the
 * key store and in no backup: a data file alone opens nothing. `mayCreate` makes it where there is none; without, throws
 * BACKUP_UNUSABLE. Throws SEALED when another master key wrapped it.
 */
export async function openBackupKey(
  { keys, master }: { keys: Pick<KeyStore, 'secrets' | 'addSecret'>; master: MasterKey },
  { mayCreate, random = randomFillSync }: { mayCreate: boolean; random?: Random },
): Promise<BackupKey> {
  const held = (await keys.secrets()).find(({ name }) => name === NAME);
  if (held) {
    const bytes = await master.unwrap(held.wrapped, BOUND);
    if (!bytes) {
      throw new Problem(
        'SEALED',
        `The backup key was wrapped by the master key ${held.master}, this one is ${master.id}: give that one.`,
      );
    }
    return { id: idOf(bytes), key: createSecretKey(bytes) };
  }
  if (!mayCreate) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      'This key store holds no backup key: it is older than the first backup, or belongs to another Gatehouse.',
    );
  }
  const bytes = new Uint8Array(32);
  random(bytes);
  // Before the wrapping: a row never names a newer master key than the one that wrapped it.
  const { id } = master;
  const wrapped = await master.wrap(bytes, BOUND);
  const added = await keys.addSecret({
    name: NAME,
    master: id,
    wrapped,
    details: JSON.stringify({ id: idOf(bytes) }),
  });
  // Another node made it meanwhile.
  if (!added) return openBackupKey({ keys, master }, { mayCreate: false });
  return { id: idOf(bytes), key: createSecretKey(bytes) };
}

const idOf = (bytes: Uint8Array): string =>
  createHash('sha256').update('gatehouse backup key id\n').update(bytes).digest('hex').slice(0, 16);

export interface KeyStoreState {
  /** Which store this is. */
  identity: string;
  /** After how many writes. */
  revision: number;
}

/**
 * The key store that a person names: a folder with a copy (`gatehouse-keys.db`), a data directory (`keys.db`), or the file
 * itself. Throws BACKUP_UNUSABLE.
 */
export function findKeyStore(place: string): string {
  const found = [join(place, COPY_NAME), join(place, 'keys.db'), place].find(
    (path) => existsSync(path) && statSync(path).isFile(),
  );
  if (found) return found;
  throw new Problem(
    'BACKUP_UNUSABLE',
    `There is no key store in ${place} (${COPY_NAME}): give the folder of its newest copy with --keys PLACE.`,
  );
}

/** A consistent copy as the new file `to`, also while a service writes to it. Throws BACKUP_UNUSABLE for what is no key store. */
export function copyKeyStore(from: string, to: string): KeyStoreState {
  let source: Sqlite.Database | undefined;
  try {
    source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5_000 });
    const state = readState(source);
    closeSync(openSync(to, 'wx', 0o600));
    source.prepare('vacuum into ?').run(to);
    return state;
  } catch (error) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      `${from} cannot be read as a key store (${(error as Error).message}): give another copy.`,
      { cause: error },
    );
  } finally {
    source?.close();
  }
}

/** `undefined` for what is not there or no key store. */
export function peekKeyStore(path: string): KeyStoreState | undefined {
  if (!existsSync(path)) return undefined;
  let source: Sqlite.Database | undefined;
  try {
    source = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
    return readState(source);
  } catch {
    return undefined;
  } finally {
    source?.close();
  }
}

const readState = (store: Sqlite.Database) =>
  store.prepare('select identity, revision from store_state').get() as KeyStoreState;
