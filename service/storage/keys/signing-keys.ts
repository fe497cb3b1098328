import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
  type webcrypto,
} from 'node:crypto';
import { z } from 'zod';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { KeyStore } from './key-store.ts';
import { secretBound } from './wrapped-key.ts';

/** What is signed by a key of its own, so that one that leaks speaks for nothing else. */
const signingPurposes = ['audit', 'receipts', 'administrators'] as const;
export type SigningPurpose = (typeof signingPurposes)[number];

/** What they sign is valid for minutes: a lost key is replaced at any start, and so is one that an older release did not make. */
const replaceable: readonly SigningPurpose[] = ['administrators'];

export interface Signature {
  /** Id of the public key: the first 16 hex digits of the SHA-256 of its SPKI DER. */
  kid: string;
  /** Ed25519 (RFC 8032), base64url. */
  signature: string;
}

/** The key in use, for a library that signs. The private half cannot be exported. */
export interface SigningKeyPair {
  kid: string;
  privateKey: webcrypto.CryptoKey;
  publicKey: webcrypto.CryptoKey;
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
  keyPair(purpose: SigningPurpose): SigningKeyPair;
  /** Every key there ever was, so that what was signed long ago is verified too; of each purpose the one in use last. */
  publicKeys(): PublicSigningKey[];
  /**
   * A new key signs from now on, once it is on disk; the private half of the old one is gone, its public half stays known.
   * Throws CONFLICT when the master key is being replaced at this moment.
   */
  rotate(purpose: SigningPurpose): Promise<{ was: string; is: string }>;
}

const Details = z.object({
  kid: z.string(),
  publicKey: z.string(),
  /** Oldest first. */
  retired: z.array(z.object({ kid: z.string(), publicKey: z.string() })).default([]),
});

interface Held {
  kid: string;
  key: KeyObject;
  publicKey: string;
  retired: { kid: string; publicKey: string }[];
}

const nameOf = (purpose: SigningPurpose) => `signing/${purpose}`;

/**
 * Opens the signing keys, and makes those that are missing where `mayCreate` (as unless given); on disk when it resolves. Throws
 * SEALED for a secret that another master key wrapped, and for one that is missing where none may be made: a new key in its
 * place would make everything look unsigned that was signed before. A key of `replaceable` may always be made.
 */
export async function openSigningKeys({
  keys,
  master,
  mayCreate = true,
}: {
  keys: Pick<KeyStore, 'secrets' | 'addSecret' | 'replaceSecret'>;
  master: MasterKey;
  mayCreate?: boolean;
}): Promise<SigningKeys> {
  const held = new Map<SigningPurpose, Held>();
  const stored = new Map((await keys.secrets()).map((secret) => [secret.name, secret]));
  for (const purpose of signingPurposes) {
    const name = nameOf(purpose);
    const found = stored.get(name);
    if (!found) {
      if (!mayCreate && !replaceable.includes(purpose)) {
        throw new Problem(
          'SEALED',
          `The key store lacks the signing key "${purpose}" that it had before: the key store was changed by hand. Put back its newest copy.`,
        );
      }
      const made = generate();
      await keys.addSecret(await wrap(purpose, made, []));
      held.set(purpose, { ...made, retired: [] });
      continue;
    }
    const pkcs8 = await master.unwrap(found.wrapped, secretBound(name));
    if (pkcs8 === undefined) {
      throw new Problem(
        'SEALED',
        `The signing key "${purpose}" was wrapped by another master key (${found.master}): put that one back.`,
      );
    }
    const { retired } = Details.parse(JSON.parse(found.details));
    held.set(purpose, { ...read(pkcs8), retired });
  }

  async function wrap(purpose: SigningPurpose, { kid, key, publicKey }: Made, retired: Held['retired']) {
    const name = nameOf(purpose);
    const { id } = master;
    const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
    const wrapped = await master.wrap(pkcs8, secretBound(name));
    pkcs8.fill(0);
    const details = JSON.stringify({ kid, publicKey, ...(retired.length > 0 && { retired }) });
    return { name, master: id, wrapped, details };
  }

  const oneAtATime = createOneAtATime();
  return {
    sign(purpose, bytes) {
      const { kid, key } = held.get(purpose)!;
      return { kid, signature: signBytes(null, bytes, key).toString('base64url') };
    },
    keyPair(purpose) {
      const { kid, key } = held.get(purpose)!;
      return {
        kid,
        privateKey: key.toCryptoKey('Ed25519', false, ['sign']),
        publicKey: createPublicKey(key).toCryptoKey('Ed25519', true, ['verify']),
      };
    },
    publicKeys: () =>
      [...held].flatMap(([purpose, { kid, publicKey, retired }]) =>
        [...retired, { kid, publicKey }].map((one) => ({ ...one, purpose })),
      ),
    rotate: (purpose) =>
      oneAtATime(async () => {
        const { kid, publicKey, retired } = held.get(purpose)!;
        const made = generate();
        const known = [...retired, { kid, publicKey }];
        await keys.replaceSecret(await wrap(purpose, made, known));
        held.set(purpose, { ...made, retired: known });
        return { was: kid, is: made.kid };
      }),
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

/** The kid of a public key (PEM). Throws for an invalid key. */
export function keyId(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

type Made = Pick<Held, 'kid' | 'key' | 'publicKey'>;

function generate(): Made {
  return describe(generateKeyPairSync('ed25519').privateKey);
}

function read(pkcs8: Uint8Array): Made {
  return describe(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }));
}

function describe(key: KeyObject): Made {
  const publicKey = createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
  return { kid: keyId(publicKey), key, publicKey };
}
