import { createHash, createSecretKey, randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { decrypt, encrypt, type Random } from './aes-gcm.ts';
import { toStorageProblem } from './storage-problem.ts';

/** What wraps the organizations' keys. Asynchronous, so that a TPM or a token can stand behind it. */
export interface MasterKey {
  /** Tells one master key from another without revealing it; recorded beside what it wrapped. */
  id: string;
  wrap(key: Uint8Array, bound: string): Promise<Uint8Array>;
  /** `undefined` when another master key wrapped it, or for other bound data. */
  unwrap(wrapped: Uint8Array, bound: string): Promise<Uint8Array | undefined>;
}

const LENGTH = 32;
const HEADER = 'gatehouse-master-key-v1';

/** `key`: 32 bytes. */
export function createMasterKey(key: Uint8Array, random: Random = randomFillSync): MasterKey {
  if (key.length !== LENGTH) throw new Error(`A master key has ${LENGTH} bytes, not ${key.length}.`);
  const secret = createSecretKey(key);
  return {
    id: createHash('sha256').update('gatehouse master key id\n').update(key).digest('hex').slice(0, 16),
    wrap: async (plain, bound) => encrypt(secret, plain, bound, random),
    unwrap: async (wrapped, bound) => decrypt(secret, wrapped, bound),
  };
}

/**
 * Reads `path`, or makes it with 32 random bytes (mode 0600) where `mayCreate` says that nothing was ever wrapped.
 * One line: `gatehouse-master-key-v1 <base64url>`. Throws SEALED, naming the file and the remedy, when it is missing
 * though keys exist, readable by others, or not such a line.
 */
export function openMasterKeyFile(
  path: string,
  { mayCreate, random = randomFillSync }: { mayCreate: boolean; random?: Random },
): MasterKey {
  if (!existsSync(path)) {
    if (!mayCreate) {
      throw new Problem(
        'SEALED',
        `The master key ${path} is missing, but keys wrapped by it exist: put the file back from where you keep its copy. Without it no template, name or address can be opened.`,
      );
    }
    createFile(path, random);
  }
  return createMasterKey(readKey(path), random);
}

function createFile(path: string, random: Random): void {
  const key = new Uint8Array(LENGTH);
  random(key);
  const unfinished = `${path}.unfinished`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(unfinished, { force: true });
    const handle = openSync(unfinished, 'wx', 0o600);
    try {
      writeSync(handle, `${HEADER} ${Buffer.from(key).toString('base64url')}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    // A link, not a rename: a key that another start made meanwhile is never replaced.
    linkSync(unfinished, path);
    rmSync(unfinished);
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw toStorageProblem(error);
  }
}

function readKey(path: string): Uint8Array {
  const handle = openSync(path, 'r');
  try {
    const mode = fstatSync(handle).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Problem(
        'SEALED',
        `The master key ${path} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): run "chmod 600 ${path}", and think about who could have copied it.`,
      );
    }
    const [header, encoded, ...rest] = readFileSync(handle, 'utf8').trim().split(' ');
    const key = Buffer.from(encoded ?? '', 'base64url');
    if (
      header !== HEADER ||
      rest.length > 0 ||
      key.length !== LENGTH ||
      key.toString('base64url') !== encoded
    ) {
      throw new Problem(
        'SEALED',
        `The master key ${path} is damaged: it should hold one line, "${HEADER}" and ${LENGTH} bytes in base64url. Put it back from where you keep its copy.`,
      );
    }
    return key;
  } finally {
    closeSync(handle);
  }
}
