import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { canonical } from './receipt.ts';

const format = 'gatehouse-erasure-ledger/1';
const beginning = '0'.repeat(64);
/** Entries read before others get a turn. */
const ENTRIES_PER_TURN = 256;

/** An erased person. */
export interface Erased {
  erasure: ErasureId;
  subject: SubjectId;
  organization: OrganizationId;
  world: World;
  /** ISO 8601, UTC. */
  at: string;
}

export interface LedgerEntry extends Erased {
  format: typeof format;
  /** From 1, without gaps. */
  seq: number;
  /** SHA-256 of the entry before as it is stored, hex. */
  previous: string;
  kid: string;
  /** Ed25519 over the entry without this, base64url. */
  signature: string;
}

/** Position of an entry. */
export interface LedgerPlace {
  seq: number;
  hash: string;
}

/**
 * All erased people, in order, chained and signed. It lies beside the keys, which are never restored from an
 * old copy, so that it is newer than any data that is restored.
 */
export interface Ledger {
  /** Throws SEALED when the list was changed, cut in the middle or signed with another key. */
  entries(): Promise<ReadonlyMap<SubjectId, Erased & LedgerPlace>>;
  /** On disk when it resolves. A second entry of the same person is not made: the first is answered. */
  append(erased: Erased): Promise<LedgerPlace>;
}

export interface LedgerDeps {
  keys: {
    erasureLedger(): Promise<{ seq: number; entry: string }[]>;
    appendToErasureLedger(seq: number, entry: string): Promise<void>;
  };
  signing: Signing;
}

/** The appliance's signing keys, as far as erasures need them. */
export interface Signing {
  sign(purpose: 'receipts', bytes: Uint8Array): { kid: string; signature: string };
  publicKeys(): { kid: string; purpose: string; publicKey: string }[];
  verify(publicKey: string, bytes: Uint8Array, signature: { kid: string; signature: string }): boolean;
}

export function createLedger({ keys, signing }: LedgerDeps): Ledger {
  let loaded: Promise<{ people: Map<SubjectId, Erased & LedgerPlace>; last: LedgerPlace }> | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  async function load() {
    const people = new Map<SubjectId, Erased & LedgerPlace>();
    let last: LedgerPlace = { seq: 0, hash: beginning };
    let entry: LedgerEntry | undefined;
    for (const { seq, entry: text } of await keys.erasureLedger()) {
      if (seq % ENTRIES_PER_TURN === 0) await turn();
      entry = read(text);
      if (!entry || entry.seq !== seq || seq !== last.seq + 1 || entry.previous !== last.hash)
        throw changed(seq);
      last = { seq, hash: hashOf(text) };
      people.set(entry.subject, { ...entry, ...last });
    }
    // The last signature vouches for all before it: each names the hash of its predecessor.
    if (entry && !isSigned(entry, signing)) throw changed(last.seq);
    return { people, last };
  }

  const state = () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };

  async function write(erased: Erased): Promise<LedgerPlace> {
    const known = await state();
    const before = known.people.get(erased.subject);
    if (before) return { seq: before.seq, hash: before.hash };
    const { erasure, subject, organization, world, at } = erased;
    const seq = known.last.seq + 1;
    const [{ kid } = { kid: '' }] = signing
      .publicKeys()
      .filter(({ purpose }) => purpose === 'receipts')
      .slice(-1);
    const unsigned = {
      format,
      seq,
      erasure,
      subject,
      organization,
      world,
      at,
      previous: known.last.hash,
      kid,
    } as const;
    const { signature } = signing.sign('receipts', bytesOf(unsigned));
    const text = canonical({ ...unsigned, signature });
    // Whether a write that failed is on disk is not known: the list is read anew before the next one.
    loaded = undefined;
    await keys.appendToErasureLedger(seq, text);
    const place = { seq, hash: hashOf(text) };
    known.people.set(subject, { ...erased, ...place });
    loaded = Promise.resolve({ people: known.people, last: place });
    return place;
  }

  return {
    entries: async () => (await state()).people,
    append(erased) {
      const mine = writing.then(() => write(erased));
      writing = mine.catch(() => {});
      return mine;
    },
  };
}

function read(text: string): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(text) as LedgerEntry;
    return entry.format === format && canonical(entry) === text ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isSigned({ signature, ...unsigned }: LedgerEntry, signing: Signing): boolean {
  const { kid } = unsigned;
  const key = signing.publicKeys().find((one) => one.kid === kid && one.purpose === 'receipts');
  return key !== undefined && signing.verify(key.publicKey, bytesOf(unsigned), { kid, signature });
}

const bytesOf = (unsigned: Omit<LedgerEntry, 'signature'>) => new TextEncoder().encode(canonical(unsigned));
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

const changed = (seq: number) =>
  new Problem(
    'SEALED',
    `The list of erasures in the key store was changed at entry ${seq}: put back the newest copy of keys.db. Nothing was changed.`,
  );
