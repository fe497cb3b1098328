import { createHash, createSecretKey, randomFillSync } from 'node:crypto';
import { Problem } from '../lib/problem.ts';
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
  await keys.addSecret({
    name: NAME,
    master: id,
    wrapped,
    details: JSON.stringify({ id: idOf(bytes) }),
  });
  return { id: idOf(bytes), key: createSecretKey(bytes) };
}

const idOf = (bytes: Uint8Array): string =>
  createHash('sha256').update('gatehouse backup key id\n').update(bytes).digest('hex').slice(0, 16);
