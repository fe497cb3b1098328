import { createCipheriv, hkdfSync } from 'node:crypto';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { putBack, secretBound, writeWrapped } from '../keys/wrapped-key.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { Random } from './aes-gcm.ts';

/**
 * A secret rotation of the space that templates live in: signs, a permutation and a Walsh–Hadamard transform, twice. Lengths
 * and cosines stay what they are (to rounding), so rotated vectors are compared with one another as they are. Defense in
 * depth for vectors that leak without the key store (docs/decisions/0009-template-transform.md); the secret
 * reverses it.
 */
export interface TemplateTransform {
  /** 0 changes nothing: vectors as the model gave them. */
  generation: number;
  rotate(vector: Float32Array): Float32Array;
  /** The inverse of `rotate`. */
  restore(vector: Float32Array): Float32Array;
}

export const untransformed: TemplateTransform = {
  generation: 0,
  rotate: (vector) => vector,
  restore: (vector) => vector,
};

const ROUNDS = 2;

/** What the secret says for vectors of one length. */
interface Round {
  signs: Float64Array;
  /** Where each number goes. */
  permutation: Uint16Array;
}

/** `secret`: 32 bytes. Vectors have 1 to 65,536 numbers. */
export function createTemplateTransform(secret: Uint8Array, generation: number): TemplateTransform {
  const byLength = new Map<number, Round[]>();

  function roundsOf(length: number): Round[] {
    let rounds = byLength.get(length);
    if (!rounds) {
      const stream = createStream(secret, length);
      rounds = Array.from({ length: ROUNDS }, () => ({
        signs: drawSigns(stream, length),
        permutation: drawPermutation(stream, length),
      }));
      byLength.set(length, rounds);
    }
    return rounds;
  }

  return {
    generation,
    rotate(vector) {
      const { length } = vector;
      let from = Float64Array.from(vector);
      let to = new Float64Array(length);
      for (const { signs, permutation } of roundsOf(length)) {
        for (let i = 0; i < length; i++) to[permutation[i]!] = from[i]! * signs[i]!;
        for (const start of blocksOf(length)) hadamard(to, start, blockSize(length));
        [from, to] = [to, from];
      }
      return Float32Array.from(from);
    },
    restore(vector) {
      const { length } = vector;
      let from = Float64Array.from(vector);
      let to = new Float64Array(length);
      for (const { signs, permutation } of roundsOf(length).toReversed()) {
        for (const start of blocksOf(length).toReversed()) hadamard(from, start, blockSize(length));
        for (let i = 0; i < length; i++) to[i] = from[permutation[i]!]! * signs[i]!;
        [from, to] = [to, from];
      }
      return Float32Array.from(from);
    },
  };
}

/** The largest power of two that fits. */
const blockSize = (length: number): number => 2 ** Math.floor(Math.log2(length));

/** Where the blocks begin: two that overlap where one does not cover the whole, so that every number is mixed. */
const blocksOf = (length: number): number[] =>
  blockSize(length) === length ? [0] : [0, length - blockSize(length)];

/** The normalized Walsh–Hadamard transform of `size` numbers in place; its own inverse. */
function hadamard(values: Float64Array, start: number, size: number): void {
  const end = start + size;
  for (let half = 1; half < size; half *= 2) {
    for (let block = start; block < end; block += 2 * half) {
      for (let i = block; i < block + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(size);
  for (let i = start; i < end; i++) values[i]! *= scale;
}

type Stream = ReturnType<typeof createStream>;

/**
 * AES-256 in counter mode under a key of its own for this length (HKDF-SHA-256). Not ChaCha20, which not every OpenSSL that Node
 * and Electron are built with offers.
 */
function createStream(secret: Uint8Array, length: number) {
  const info = `gatehouse template transform 1|${length}`;
  const key = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), info, 32));
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  key.fill(0);
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let bits = 0;
  let left = 0;
  const byte = (): number => {
    if (at === bytes.length) {
      bytes = cipher.update(new Uint8Array(4096));
      at = 0;
    }
    return bytes[at++]!;
  };
  return {
    bit(): number {
      if (left === 0) {
        bits = byte();
        left = 8;
      }
      left -= 1;
      return (bits >> left) & 1;
    },
    /** Below `bound` (at most 2^16), each as likely. */
    below(bound: number): number {
      const fair = 2 ** 24 - (2 ** 24 % bound);
      for (;;) {
        const value = byte() * 65_536 + byte() * 256 + byte();
        if (value < fair) return value % bound;
      }
    },
  };
}

function drawSigns(stream: Stream, length: number): Float64Array {
  return Float64Array.from({ length }, () => 1 - 2 * stream.bit());
}

/** Fisher–Yates. */
function drawPermutation(stream: Stream, length: number): Uint16Array {
  const permutation = Uint16Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [permutation[i], permutation[j]] = [permutation[j]!, permutation[i]!];
  }
  return permutation;
}

/** A vector as it is sealed: 32-bit floats, little-endian (every machine that runs this is). */
export function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Shares the bytes where they are aligned, else copies them. */
export function toVector(bytes: Uint8Array): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}

/** The organizations' secret rotations of their templates; the secrets lie in the key store, wrapped by the master key. */
export interface TemplateTransforms {
  /**
   * The newest, unless a generation is named; 0 is none. Throws SEALED for a generation whose secret is not there (any more).
   */
  of(organization: OrganizationId, generation?: number): TemplateTransform;
  /** Those whose secret is kept, oldest first. */
  generations(organization: OrganizationId): number[];
  /** Organizations with more than one. */
  unfinished(): OrganizationId[];
  /** The secrets by generation, for a thread of this process. */
  secrets(organization: OrganizationId): ReadonlyMap<number, Uint8Array>;
  /** A new secret, the newest from now on; among several nodes once all of them know it (`settled`). On disk when it resolves. */
  add(organization: OrganizationId): Promise<number>;
  /** The newest for what is about to be stored: it is not dropped before this is disposed of. */
  borrow(organization: OrganizationId): Disposable & { transform: TemplateTransform };
  /** Destroys the secrets before the newest, once none of them is borrowed. */
  dropOlder(organization: OrganizationId): Promise<void>;
  /** Resolves when none but the last that was added is borrowed, at any node. Throws CONFLICT where a node does not follow. */
  settled(organization: OrganizationId): Promise<void>;
  /** Resolves when none that is not the newest now is borrowed at this node. */
  returned(): Promise<void>;
  /** All of the organization, as the store has them now. */
  refresh(organization: OrganizationId): Promise<void>;
  /** Those of these secrets that are of rotations, as the store has them now: another node changed them. */
  reload(names: readonly string[]): Promise<void>;
}

interface Known {
  byGeneration: Map<number, TemplateTransform>;
  secrets: Map<number, Uint8Array>;
  newest: number;
  /** Added by a node, and not known by all others yet: nothing is stored under them. */
  pending: Set<number>;
  borrowed: Set<{ generation: number; returned: Promise<void> }>;
}

const LENGTH = 32;
/** Details of a secret, and of one that is not used yet. */
const USED = '{}';
const PENDING = '{"pending":true}';
const nameOf = (organization: OrganizationId, generation: number) =>
  `transform/${organization}/${generation}`;

/** Opens the secrets there are, and makes one for each organization that has none. Throws SEALED when one does not open. */
export async function openTemplateTransforms({
  keys,
  master,
  random,
  others,
}: {
  keys: Pick<
    KeyStore,
    'secrets' | 'addSecret' | 'removeSecret' | 'replaceSecret' | 'organizations' | 'places'
  >;
  master: MasterKey;
  random: Random;
  /** Resolves when the other nodes know what the key store has now, and use nothing older; absent: there are none. */
  others?: (() => Promise<void>) | undefined;
}): Promise<TemplateTransforms> {
  const organizations = new Map<OrganizationId, Known>();

  function knownOf(organization: OrganizationId): Known {
    let known = organizations.get(organization);
    if (!known) {
      known = {
        byGeneration: new Map(),
        secrets: new Map(),
        newest: 0,
        pending: new Set(),
        borrowed: new Set(),
      };
      organizations.set(organization, known);
    }
    return known;
  }

  function remember({ organization, generation, secret, details }: Unwrapped): void {
    const known = knownOf(organization);
    known.byGeneration.set(generation, createTemplateTransform(secret, generation));
    known.secrets.set(generation, secret);
    if (details === PENDING) known.pending.add(generation);
    else known.pending.delete(generation);
    known.newest = newestOf(known);
  }

  async function add(organization: OrganizationId): Promise<number> {
    const known = knownOf(organization);
    const generation = lastOf(known) + 1;
    const name = nameOf(organization, generation);
    const details = others && known.newest > 0 ? PENDING : USED;
    const secret = new Uint8Array(LENGTH);
    random(secret);
    const added = await writeWrapped(master, async (id) =>
      keys.addSecret({
        name,
        master: id,
        wrapped: await master.wrap(secret, secretBound(name)),
        details,
      }),
    );
    if (added) remember({ name, organization, generation, secret, details });
    // Another node made it meanwhile.
    else await reload([name]);
    return generation;
  }

  async function reload(names: readonly string[]): Promise<void> {
    const wanted = new Set(names.filter((name) => placeOf(name)));
    if (wanted.size === 0) return;
    for await (const one of unwrapAll(keys, master, wanted)) {
      wanted.delete(one.name);
      remember(one);
    }
    for (const gone of wanted) {
      const { organization, generation } = placeOf(gone)!;
      forget(organization, generation);
    }
  }

  function forget(organization: OrganizationId, generation: number): void {
    const { byGeneration, secrets, pending } = knownOf(organization);
    byGeneration.delete(generation);
    secrets.delete(generation);
    pending.delete(generation);
  }

  /** From now on what is stored is stored under the last that was added. */
  async function use(organization: OrganizationId, generation: number): Promise<void> {
    const name = nameOf(organization, generation);
    const found = (await keys.secrets()).find((secret) => secret.name === name);
    if (found?.details === PENDING) await keys.replaceSecret({ ...found, details: USED }, PENDING);
    await reload([name]);
  }

  for await (const one of unwrapAll(keys, master)) remember(one);
  for (const { organization } of await keys.organizations()) {
    if (knownOf(organization).newest === 0) await add(organization);
  }

  async function settled(organization: OrganizationId): Promise<void> {
    const known = knownOf(organization);
    const last = lastOf(known);
    if (known.pending.has(last)) {
      await others?.();
      await use(organization, last);
    }
    await olderReturned(known);
    await others?.();
  }

  function of(organization: OrganizationId, generation?: number): TemplateTransform {
    const { byGeneration, newest } = knownOf(organization);
    const wanted = generation ?? newest;
    if (wanted === 0) return untransformed;
    const found = byGeneration.get(wanted);
    if (found) return found;
    throw new Problem(
      'SEALED',
      `The key store lacks the template secret ${wanted} of the organization ${organization}: put back the newest copy of the key store.`,
    );
  }

  return {
    of,
    generations: (organization) => [...knownOf(organization).byGeneration.keys()].sort((a, b) => a - b),
    unfinished: () =>
      [...organizations].flatMap(([id, { byGeneration }]) => (byGeneration.size > 1 ? [id] : [])),
    secrets: (organization) => knownOf(organization).secrets,
    add,
    borrow: (organization) => borrow(knownOf(organization), of(organization)),
    settled,
    async returned() {
      await Promise.all([...organizations.values()].map(olderReturned));
    },
    async dropOlder(organization) {
      await settled(organization);
      const { byGeneration, newest } = knownOf(organization);
      for (const generation of [...byGeneration.keys()]) {
        if (generation === newest) continue;
        await keys.removeSecret(nameOf(organization, generation));
        forget(organization, generation);
      }
    },
    reload,
    async refresh(organization) {
      const stored = (await keys.secrets()).map(({ name }) => name);
      const known = [...knownOf(organization).byGeneration.keys()].map((one) => nameOf(organization, one));
      const own = stored.filter((name) => placeOf(name)?.organization === organization);
      await reload([...new Set([...known, ...own])]);
    },
  };
}

function placeOf(name: string): { organization: OrganizationId; generation: number } | undefined {
  const [, organization, generation] = /^transform\/([^/]+)\/(\d+)$/.exec(name) ?? [];
  if (organization === undefined) return undefined;
  return { organization: organization as OrganizationId, generation: Number(generation) };
}

/** `only`: of these names. */
interface Unwrapped {
  name: string;
  organization: OrganizationId;
  generation: number;
  secret: Uint8Array;
  details: string;
}

async function* unwrapAll(
  keys: Pick<KeyStore, 'secrets' | 'places'>,
  master: MasterKey,
  only?: { has(name: string): boolean },
): AsyncGenerator<Unwrapped> {
  for (const { name, wrapped, details } of await keys.secrets()) {
    const place = placeOf(name);
    if (place === undefined || only?.has(name) === false) continue;
    const secret = await master.unwrap(wrapped, secretBound(name));
    if (secret === undefined) {
      throw new Problem(
        'SEALED',
        `The secret "${name}" does not open with this master key: it is damaged, or another master key wrapped it. ${await putBack(keys)}`,
      );
    }
    yield { name, ...place, secret, details };
  }
}

/** Those that are pending are none, unless there is no other: no change of the key store has vectors stored without a rotation. */
function newestOf({ byGeneration, pending }: Known): number {
  const generations = [...byGeneration.keys()];
  const used = generations.filter((generation) => !pending.has(generation));
  return Math.max(...(used.length > 0 ? used : generations));
}

const lastOf = ({ byGeneration, newest }: Known): number => Math.max(newest, ...byGeneration.keys());

function borrow(
  { borrowed }: Known,
  transform: TemplateTransform,
): Disposable & { transform: TemplateTransform } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const one = { generation: transform.generation, returned: promise };
  borrowed.add(one);
  return {
    transform,
    [Symbol.dispose]() {
      borrowed.delete(one);
      resolve();
    },
  };
}

async function olderReturned({ borrowed, newest }: Known): Promise<void> {
  const older = [...borrowed].filter(({ generation }) => generation !== newest);
  await Promise.all(older.map(({ returned }) => returned));
}
