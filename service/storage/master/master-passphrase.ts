import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hashRaw } from '@node-rs/argon2';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { decrypt, encrypt, type Random } from '../sealing/aes-gcm.ts';
import { createMasterKey, MASTER_KEY_BYTES, masterKeyId } from './master-key.ts';
import type { HeldKey, MasterKeyProvider } from './master-key-provider.ts';
import { destroySecretFile, readSecretFile, replaceSecretFile, writeSecretFile } from './secret-file.ts';

/** What turns the passphrase into a key: 64 MiB, three passes, one lane. Recorded with every wrapped key. */
const COST = { memoryKiB: 64 * 1024, passes: 3, lanes: 1 };
const LEAST_CHARACTERS = 12;
const MOST_CHARACTERS = 1024;

/** The file. Bounded, so that a changed one cannot take all memory. */
const Wrapped = z.strictObject({
  version: z.literal(1),
  /** Id of the master key inside. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  kdf: z.strictObject({
    name: z.literal('argon2id'),
    memoryKiB: z
      .int()
      .min(8)
      .max(1024 * 1024),
    passes: z.int().min(1).max(20),
    lanes: z.int().min(1).max(16),
    salt: z.base64url().length(22),
  }),
  /** AES-256-GCM as everything else that is wrapped; base64url. */
  wrapped: z.base64url().max(200),
});
type Wrapped = z.infer<typeof Wrapped>;

export interface MasterPassphrase extends MasterKeyProvider {
  /** The same key under another passphrase: one rename, nothing is rewrapped. Throws WRONG_PASSPHRASE. */
  change(passphrase: string, next: string): Promise<void>;
}

export interface MasterPassphraseOptions {
  random?: Random;
  /** For tests: less than the product asks of an attacker. */
  cost?: typeof COST;
}

/**
 * A random master key in a file that only its owner may read, wrapped by a key that argon2id derives from a passphrase. The
 * derivation runs off the event loop and costs the same for a wrong passphrase as for the right one.
 */
export function masterPassphrase(
  path: string,
  { random = randomFillSync, cost = COST }: MasterPassphraseOptions = {},
): MasterPassphrase {
  const nextPath = `${path}.next`;

  async function wrapUnder(passphrase: string, key: Uint8Array): Promise<Wrapped> {
    const salt = new Uint8Array(16);
    random(salt);
    const id = masterKeyId(key);
    const kdf = { name: 'argon2id' as const, ...cost, salt: Buffer.from(salt).toString('base64url') };
    const wrapped = encrypt(await derive(passphrase, kdf), key, bound(id), random);
    return { version: 1, id, kdf, wrapped: Buffer.from(wrapped).toString('base64url') };
  }

  async function unwrap(file: string, passphrase: string): Promise<Uint8Array> {
    const { id, kdf, wrapped } = read(file);
    const key = decrypt(await derive(passphrase, kdf), Buffer.from(wrapped, 'base64url'), bound(id));
    if (key && masterKeyId(key) === id) return key;
    throw new Problem('WRONG_PASSPHRASE', 'This is not the passphrase of the master key.');
  }

  async function prepareKey(key: Uint8Array, passphrase: string): Promise<void> {
    requireStrong(passphrase);
    writeSecretFile(nextPath, `${JSON.stringify(await wrapUnder(passphrase, key), null, 2)}\n`);
    // What cannot be read back must not become the only copy.
    await unwrap(nextPath, passphrase);
  }

  return {
    kind: 'passphrase',
    name: `the passphrase (${path})`,
    path,
    asks: 'passphrase',
    held: () => ({ current: readHeldKey(path), next: readHeldKey(nextPath) }),
    carried: (which) => readSecretFile(which === 'current' ? path : nextPath, WHAT),
    async open(which, passphrase) {
      const file = which === 'current' ? path : nextPath;
      return createMasterKey(await unwrap(file, required(passphrase)), random);
    },
    async prepare(passphrase) {
      const key = new Uint8Array(MASTER_KEY_BYTES);
      random(key);
      await prepareKey(key, required(passphrase));
      return createMasterKey(key, random);
    },
    async change(passphrase, next) {
      await prepareKey(await unwrap(path, passphrase), next);
      replaceSecretFile(path, nextPath);
    },
    commit: async () => replaceSecretFile(path, nextPath),
    async remove() {
      destroySecretFile(nextPath);
      destroySecretFile(path);
    },
  };
}

/** Throws INVALID_REQUEST, with the reason and never the passphrase. */
export function requireStrong(passphrase: string): void {
  const characters = [...passphrase].length;
  if (characters < LEAST_CHARACTERS) {
    throw new Problem(
      'INVALID_REQUEST',
      `The passphrase is too short: at least ${LEAST_CHARACTERS} characters; several words are easiest to keep.`,
    );
  }
  if (characters > MOST_CHARACTERS) {
    throw new Problem('INVALID_REQUEST', `The passphrase is longer than ${MOST_CHARACTERS} characters.`);
  }
  if (new Set(passphrase).size < 4) {
    throw new Problem('INVALID_REQUEST', 'The passphrase repeats a few characters: choose several words.');
  }
}

function required(passphrase: string | undefined): string {
  if (passphrase !== undefined) return passphrase.slice(0, 2 * MOST_CHARACTERS);
  throw new Problem('INVALID_REQUEST', 'The passphrase of the master key is missing.');
}

async function derive(
  passphrase: string,
  { memoryKiB, passes, lanes, salt }: Wrapped['kdf'],
): Promise<KeyObject> {
  const bytes = await hashRaw(passphrase.normalize('NFC'), {
    algorithm: ARGON2ID,
    memoryCost: memoryKiB,
    timeCost: passes,
    parallelism: lanes,
    outputLen: 32,
    salt: Buffer.from(salt, 'base64url'),
  });
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

const WHAT = 'The wrapped master key';
const ARGON2ID = 2;
const bound = (id: string) => `master|${id}`;

function readHeldKey(path: string): HeldKey {
  if (!existsSync(path)) return { is: 'none' };
  try {
    return { is: 'key', id: read(path).id };
  } catch (error) {
    if (error instanceof Problem) return { is: 'unusable', problem: error };
    const problem = new Problem('SEALED', `The wrapped master key ${path} cannot be read.`, { cause: error });
    return { is: 'unusable', problem };
  }
}

function read(path: string): Wrapped {
  let value: unknown;
  const text = readSecretFile(path, WHAT);
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = Wrapped.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(
    'SEALED',
    `The wrapped master key ${path} is damaged: put it back from where you keep its copy.`,
  );
}
