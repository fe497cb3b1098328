import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { Problem } from '../lib/problem.ts';
import type { KeyStore } from './key-store.ts';
import type { MasterKey } from './master-key.ts';

/** What is signed by a key of its own, so that one that leaks speaks for nothing else. */
export const signingPurposes = ['audit', 'receipts'] as const;
export type SigningPurpose = (typeof signingPurposes)[number];

export interface Signature {
  /** Of the public key: the first 16 hex digits of the SHA-256 of its SPKI DER. */
  kid: string;
  /** Ed25519 (RFC 8032), base64url. */
  signature: string;
}

export interface PublicSigningKey {
  kid: string;
  purpose: SigningPurpose;
  /** SPKI, PEM. */
  publicKey: string;
}

/** Ed25519 keys whose private halves never leave the service; they lie in the key store, wrapped by the master key. */
export interface SigningKeys {
  sign(purpose: SigningPurpose, bytes: Uint8Array): Signature;
  /** Every key there ever was, so that what was signed long ago is verified too. */
  publicKeys(): PublicSigningKey[];
}

const bound = (name: string) => `secret|${name}`;

/**
 * Opens the signing keys, and makes those that are missing; on disk when it resolves. Throws SEALED for a secret that
 * another master key wrapped.
 */
export async function openSigningKeys({
  keys,
  master,
}: {
  keys: KeyStore;
  master: MasterKey;
}): Promise<SigningKeys> {
  const privates = new Map<SigningPurpose, { kid: string; key: KeyObject }>();
  const known: PublicSigningKey[] = [];
  const stored = new Map((await keys.secrets()).map((secret) => [secret.name, secret]));
  for (const purpose of signingPurposes) {
    const name = `signing/${purpose}`;
    const held = stored.get(name);
    const pkcs8 = held ? await master.unwrap(held.wrapped, bound(name)) : generate();
    if (pkcs8 === undefined) {
      throw new Problem(
        'SEALED',
        `The signing key "${purpose}" was wrapped by another master key (${held?.master}): put that one back.`,
      );
    }
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
    const kid = keyId(publicKey);
    if (!held) {
      const wrapped = await master.wrap(pkcs8, bound(name));
      await keys.addSecret({ name, master: master.id, wrapped, details: JSON.stringify({ kid, publicKey }) });
    }
    privates.set(purpose, { kid, key });
    known.push({ kid, purpose, publicKey });
  }
  return {
    sign(purpose, bytes) {
      const { kid, key } = privates.get(purpose)!;
      return { kid, signature: signBytes(null, bytes, key).toString('base64url') };
    },
    publicKeys: () => [...known],
  };
}

/** With the public key alone (PEM); needs nothing of the appliance. */
export function verifySignature(
  publicKey: string,
  bytes: Uint8Array,
  { kid, signature }: Signature,
): boolean {
  return (
    keyId(publicKey) === kid &&
    verifyBytes(null, bytes, createPublicKey(publicKey), Buffer.from(signature, 'base64url'))
  );
}

function keyId(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

function generate(): Uint8Array {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
}
