import { createHash, createSecretKey, randomFillSync } from 'node:crypto';
import type { KeyStore } from '../keys/key-store.ts';
import { secretBound, writeWrapped } from '../keys/wrapped-key.ts';
import type { MasterKey } from '../master/master-key.ts';
import { decrypt, encrypt } from './aes-gcm.ts';

const NAME = 'gallery-snapshot';
const LENGTH = 32;

/**
 * The key of the files in which machines keep their galleries for the next start. It lies in the key store: once it is destroyed there
 * and in the copies, none of these files can be opened.
 */
export function createSnapshotKey({
  keys,
  master,
}: {
  keys: Pick<KeyStore, 'secret' | 'addSecret' | 'removeSecret'>;
  master: MasterKey;
}) {
  async function read() {
    const row = await keys.secret(NAME);
    const secret = row && (await master.unwrap(row.wrapped, secretBound(NAME)));
    return secret && sealingWith(secret);
  }

  async function make() {
    const known = await read();
    if (known) return known;
    const secret = randomFillSync(new Uint8Array(LENGTH));
    const added = await writeWrapped(master, async (id) =>
      keys.addSecret({
        name: NAME,
        master: id,
        wrapped: await master.wrap(secret, secretBound(NAME)),
        details: '{}',
      }),
    );
    if (added) return sealingWith(secret);
    // Another node was first.
    const theirs = await read();
    if (theirs) return theirs;
    throw new Error('The key of the gallery snapshot was made and destroyed by other nodes meanwhile.');
  }

  return {
    /** Undefined where there is none, or it does not open. */
    read,
    /** The one there is, or a new one. */
    make,
    /** Unreadable in the key store and its current copies when it resolves. */
    async destroy() {
      if ((await keys.secret(NAME)) !== undefined) await keys.removeSecret(NAME);
    },
  };
}

function sealingWith(secret: Uint8Array) {
  const key = createSecretKey(secret);
  return {
    id: createHash('sha256').update('gallery snapshot').update(secret).digest('hex'),
    seal: (plain: Uint8Array, bound: string) => encrypt(key, plain, bound, randomFillSync),
    open: (sealed: Uint8Array, bound: string, into?: Uint8Array) => decrypt(key, sealed, bound, into),
  };
}
