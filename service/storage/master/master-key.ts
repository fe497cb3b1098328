import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { decrypt, encrypt, type Random } from '../sealing/aes-gcm.ts';

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
  /** This key itself, for the node that has the other half of `publicKey` (node-joins.ts). */
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

/** X25519 key of a node, for which the master key is wrapped; the public half as base64url of its 32 bytes. */
export interface NodeKeyPair {
  publicKey: string;
  /** PKCS#8. */
  privateKey: Uint8Array;
}

const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const PUBLIC_BYTES = 32;

export const isNodeKey = (publicKey: string): boolean =>
  Buffer.from(publicKey, 'base64url').length === PUBLIC_BYTES;

export function makeNodeKeyPair(): NodeKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: rawOf(publicKey).toString('base64url'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
  };
}

/** `public half of a key made for it (32) | AES-256-GCM under the key that both halves agree on`. Throws for what is no X25519 key. */
function wrapForNode(to: string, plain: Uint8Array, bound: string, random: Random): Uint8Array {
  const recipient = Buffer.from(to, 'base64url');
  if (!isNodeKey(to)) throw new Error('The public key of a node has 32 bytes.');
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const own = rawOf(publicKey);
  const key = agree(privateKey, recipient, own, recipient, bound);
  return Buffer.concat([own, encrypt(key, plain, bound, random)]);
}

/** `undefined` for another key, other bound data, or bytes that were changed. */
export function openForNode(
  { publicKey, privateKey }: NodeKeyPair,
  wrapped: Uint8Array,
  bound: string,
): Uint8Array | undefined {
  if (wrapped.length < PUBLIC_BYTES) return undefined;
  const from = Buffer.from(wrapped.subarray(0, PUBLIC_BYTES));
  const own = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  try {
    const key = agree(own, from, from, Buffer.from(publicKey, 'base64url'), bound);
    return decrypt(key, wrapped.subarray(PUBLIC_BYTES), bound);
  } catch {
    return undefined; // a point that X25519 refuses
  }
}

const rawOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_BYTES);

function agree(own: KeyObject, other: Buffer, from: Buffer, to: Buffer, bound: string): KeyObject {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, other]), format: 'der', type: 'spki' });
  const secret = diffieHellman({ privateKey: own, publicKey });
  const key = hkdfSync('sha256', secret, Buffer.concat([from, to]), `gatehouse-node-wrap\n${bound}`, 32);
  secret.fill(0);
  return createSecretKey(Buffer.from(key));
}

/** What the wrap of a node is bound to. */
export const wrapBound = (about: { appliance: string; node: string; token: string; master: string }) =>
  `node-wrap|${about.appliance}|${about.node}|${about.token}|${about.master}`;
