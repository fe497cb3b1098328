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
import { parseJson } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { createOneAtATime } from '../../lib/turns.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { KeyStore } from './key-store.ts';
import { secretBound } from './wrapped-key.ts';

/** What is signed by a key of its own, so that one that leaks speaks for nothing else. */
const signingPurposes = ['audit', 'receipts', 'administrators', 'tokens'] as const;
export type SigningPurpose = (typeof signingPurposes)[number];

/** What they sign is valid for an hour at most: a lost key is replaced at any start, and so is one that an older release did not make. */
const replaceable: readonly SigningPurpose[] = ['administrators', 'tokens'];

/** The service accepts what a retired key of them signed, so the list of these keys is signed by the key in use. */
const endorsed: readonly SigningPurpose[] = ['tokens'];

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
  /** Of a retired key: the time until which its signatures count, in ms since 1970. Absent where they always do. */
  until?: number;
}

/** Ed25519 keys whose private halves never leave the service; they lie in the key store, wrapped by the master key. */
export interface SigningKeys {
  sign(purpose: SigningPurpose, bytes: Uint8Array): Signature;
  keyPair(purpose: SigningPurpose): SigningKeyPair;
  /** Every key there ever was, so that what was signed long ago is verified too; of each purpose the one in use last. */
  publicKeys(): PublicSigningKey[];
  /**
   * A new key signs from now on, once it is on disk; the private half of the old one is gone, its public half stays known.
   * `until`: the time at which signatures of retired keys end to count, where they do not count for ever; an earlier end stays.
   * Throws CONFLICT when the master key, or this key, is being replaced at this moment.
   */
  rotate(purpose: SigningPurpose, until?: number): Promise<{ was: string; is: string }>;
  /** Those of these secrets that are signing keys, as the store has them now: another node changed them. */
  reload(names: readonly string[]): Promise<void>;
}

const Details = z.object({
  kid: z.string(),
  publicKey: z.string(),
  /** Oldest first. */
  retired: z
    .array(z.object({ kid: z.string(), publicKey: z.string(), until: z.number().optional() }))
    .default([]),
  /** Signature of the key in use over the retired ones. */
  endorsement: z.string().optional(),
});
type Retired = Pick<PublicSigningKey, 'kid' | 'publicKey' | 'until'>;

interface LoadedSigningKey {
  kid: string;
  key: KeyObject;
  publicKey: string;
  retired: Retired[];
  /** As stored. */
  details: string;
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
  const held = new Map<SigningPurpose, LoadedSigningKey>();
  const stored = new Map((await keys.secrets()).map((secret) => [secret.name, secret]));
  for (const purpose of signingPurposes) {
    const found = stored.get(nameOf(purpose));
    if (found) {
      held.set(purpose, await openKey(master, purpose, found));
      continue;
    }
    if (!mayCreate && !replaceable.includes(purpose)) {
      throw new Problem(
        'SEALED',
        `The key store lacks the signing key "${purpose}" that it had before: the key store was changed by hand. Put back its newest copy.`,
      );
    }
    const made = generate();
    const secret = await wrapKey(master, purpose, made, []);
    if (await keys.addSecret(secret)) held.set(purpose, { ...made, retired: [], details: secret.details });
    // Another node made it meanwhile.
    else await reload([nameOf(purpose)]);
  }

  async function reload(names: readonly string[]): Promise<void> {
    const wanted = signingPurposes.filter((purpose) => names.includes(nameOf(purpose)));
    if (wanted.length === 0) return;
    const now = await keys.secrets();
    for (const purpose of wanted) {
      const found = now.find(({ name }) => name === nameOf(purpose));
      // One that is gone stays as it was: only a hand removes it, and the next start says so.
      if (found) held.set(purpose, await openKey(master, purpose, found));
    }
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
    rotate: (purpose, until) =>
      oneAtATime(async () => {
        const { kid, publicKey, retired, details } = held.get(purpose)!;
        const made = generate();
        const known = [...retired, { kid, publicKey }].map((key) => endingAt(key, until));
        const secret = await wrapKey(master, purpose, made, known);
        // What another node put in its place meanwhile would not be among the retired ones.
        await keys.replaceSecret(secret, details);
        held.set(purpose, { ...made, retired: known, details: secret.details });
        return { was: kid, is: made.kid };
      }),
    reload,
  };
}

async function openKey(
  master: MasterKey,
  purpose: SigningPurpose,
  found: { wrapped: Uint8Array; master: string; details: string },
): Promise<LoadedSigningKey> {
  const pkcs8 = await master.unwrap(found.wrapped, secretBound(nameOf(purpose)));
  if (pkcs8 === undefined) {
    throw new Problem(
      'SEALED',
      `The signing key "${purpose}" was wrapped by another master key (${found.master}): put that one back.`,
    );
  }
  const details = Details.safeParse(parseJson(found.details)).data;
  if (!details) {
    throw new Problem(
      'SEALED',
      `The public keys of "${purpose}" in the key store are damaged. Put back its newest copy.`,
    );
  }
  const { retired, endorsement } = details;
  const made = read(pkcs8);
  if (endorsed.includes(purpose) && !isEndorsed(purpose, made, retired, endorsement)) {
    throw new Problem(
      'SEALED',
      `The retired keys of "${purpose}" in the key store were changed by hand. Put back its newest copy.`,
    );
  }
  return { ...made, retired: retired.map(defined), details: found.details };
}

async function wrapKey(
  master: MasterKey,
  purpose: SigningPurpose,
  { kid, key, publicKey }: Made,
  retired: LoadedSigningKey['retired'],
) {
  const name = nameOf(purpose);
  const { id } = master;
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const wrapped = await master.wrap(pkcs8, secretBound(name));
  pkcs8.fill(0);
  const endorsement =
    endorsed.includes(purpose) && retired.length > 0
      ? signBytes(null, endorsedBytes(purpose, retired), key).toString('base64url')
      : undefined;
  const details = JSON.stringify({
    kid,
    publicKey,
    ...(retired.length > 0 && { retired }),
    ...defined({ endorsement }),
  });
  return { name, master: id, wrapped, details };
}

function endingAt(key: Retired, until: number | undefined): Retired {
  if (until === undefined) return key;
  return { ...key, until: Math.min(key.until ?? Number.POSITIVE_INFINITY, until) };
}

/** No token has a space: what a key of tokens signs here is never one. */
const endorsedBytes = (purpose: SigningPurpose, retired: readonly Retired[]): Uint8Array =>
  Buffer.from(
    `gatehouse-retired-keys-1 ${purpose} ${JSON.stringify(retired.map(({ kid, publicKey, until = null }) => [kid, publicKey, until]))}`,
  );

function isEndorsed(
  purpose: SigningPurpose,
  { publicKey }: Pick<Made, 'publicKey'>,
  retired: readonly z.output<typeof Details>['retired'][number][],
  endorsement: string | undefined,
): boolean {
  if (retired.length === 0) return true;
  if (endorsement === undefined) return false;
  const bytes = endorsedBytes(purpose, retired.map(defined));
  return verifyBytes(null, bytes, createPublicKey(publicKey), Buffer.from(endorsement, 'base64url'));
}

/** What does not fit in the stored signing keys, a sentence each: the public halves lie unencrypted beside the private ones. */
export async function signingKeyFaults(
  keys: Pick<KeyStore, 'secrets'>,
  master: MasterKey,
): Promise<string[]> {
  const faults: string[] = [];
  for (const secret of await keys.secrets()) {
    const purpose = signingPurposes.find((one) => nameOf(one) === secret.name);
    if (purpose === undefined) continue;
    const fits = await openKey(master, purpose, secret).then(
      ({ kid, publicKey }) => {
        const details = Details.parse(JSON.parse(secret.details));
        const own = details.kid === kid && details.publicKey === publicKey;
        return own && details.retired.every((one) => keyId(one.publicKey) === one.kid);
      },
      () => false,
    );
    if (!fits)
      faults.push(`The public keys of "${purpose}" in the key store are not those of its private keys.`);
  }
  return faults;
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

type Made = Pick<LoadedSigningKey, 'kid' | 'key' | 'publicKey'>;

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
