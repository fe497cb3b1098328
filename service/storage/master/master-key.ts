import { createHash, createSecretKey, randomFillSync } from 'node:crypto';
import { decrypt, encrypt, type Random } from '../sealing/aes-gcm.ts';
import { wrapForNode } from './node-key.ts';

/** Wraps the organizations' keys. Asynchronous, so that a TPM or a token can implement it. */
export interface MasterKey {
  /** Identifies the master key without revealing it; stored with each key that it wrapped. */
  readonly id: string;
  wrap(key: Uint8Array, bound: string): Promise<Uint8Array>;
  /** `undefined` when another master key wrapped it, or for other bound data. */
  unwrap(wrapped: Uint8Array, bound: string): Promise<Uint8Array | undefined>;
  /** Of one that may be replaced meanwhile: goes on with the one in force. */
  refresh?(): Promise<void>;
}

/** One that a node which joins can be given. */
export interface SharedMasterKey extends MasterKey {
  /** This key itself, for the node that has the other half of `publicKey` (node-key.ts). */
  wrapItself(publicKey: string, bound: string): Promise<Uint8Array>;
}

export const MASTER_KEY_BYTES = 32;

/** `key`: 32 bytes. */
export function createMasterKey(key: Uint8Array, random: Random = randomFillSync): SharedMasterKey {
  if (key.length !== MASTER_KEY_BYTES) {
    throw new Error(`A master key has ${MASTER_KEY_BYTES} bytes, not ${key.length}.`);
  }
  const secret = createSecretKey(key);
  return {
    id: masterKeyId(key),
    wrap: async (plain, bound) => encrypt(secret, plain, bound, random),
    unwrap: async (wrapped, bound) => decrypt(secret, wrapped, bound),
    async wrapItself(publicKey, bound) {
      const plain = secret.export();
      try {
        return wrapForNode(publicKey, plain, bound, random);
      } finally {
        plain.fill(0);
      }
    },
  };
}

export function masterKeyId(key: Uint8Array): string {
  return createHash('sha256').update('gatehouse master key id\n').update(key).digest('hex').slice(0, 16);
}
