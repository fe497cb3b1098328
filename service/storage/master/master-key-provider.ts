import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { SharedMasterKey } from './master-key.ts';

/** What lies in one of a provider's two places. */
export type HeldKey = { is: 'none' } | { is: 'key'; id: string } | { is: 'unusable'; problem: Problem };

/**
 * How a master key is kept: where it comes from at a start, and how another takes its place.
 *
 * Each has room for two: the one in place, and one that is prepared beside it. Which of them counts is what the key store's rows
 * say, so a crash between preparing and committing leaves nothing to decide.
 *
 * A TPM would hold two sealed blobs (a random key under a PCR policy) in files beside the key store: `asks` nothing, `open`
 * unseals and gives `createMasterKey`. A PKCS#11 token would hold two keys that cannot be read, found by their label (the
 * id): `asks` the PIN as passphrase, and `open` gives a MasterKey whose `wrap` and `unwrap` run inside the token. Both
 * record their ids beside, so that `held` needs no secret.
 */
export interface MasterKeyProvider {
  readonly kind: 'file' | 'passphrase';
  /** For the operator: `the file /media/stick/master.key`. */
  readonly name: string;
  /** Where it keeps it, to find it again at the next start. */
  readonly path: string;
  readonly asks: 'nothing' | 'passphrase';
  /** Needs no secret, and never throws. */
  held(): { current: HeldKey; next: HeldKey };
  /**
   * What belongs into the key store and its copies, so that these and the passphrase are enough for a restore: the wrapped key.
   * Empty where only the provider's own medium has it.
   */
  carried(which: 'current' | 'next'): string;
  /** Throws SEALED when it cannot be used, and WRONG_PASSPHRASE. */
  open(which: 'current' | 'next', passphrase?: string): Promise<SharedMasterKey>;
  /** A new random key, prepared; on disk when it resolves. Throws INVALID_REQUEST for a passphrase that is too weak. */
  prepare(passphrase?: string): Promise<SharedMasterKey>;
  /** What is prepared takes the place of the other, whose bytes are overwritten. Does nothing when nothing is prepared. */
  commit(): Promise<void>;
  /** Overwrites and removes both. */
  remove(): Promise<void>;
}

/** The master key in use: another one after a rotation. */
export interface CurrentMaster extends SharedMasterKey {
  readonly provider: MasterKeyProvider;
  replace(by: SharedMasterKey, provider: MasterKeyProvider): void;
  /** What may soon be in force opens too, from now on; undefined: nothing but the one that is. */
  expect(next: SharedMasterKey | undefined, provider: MasterKeyProvider): void;
  /** Goes on with the one that is in force now. Throws STORAGE_UNAVAILABLE where that is neither of the two. */
  refresh(): Promise<void>;
}

/** `masters`: the ids of those that wrapped what is in the key store, where other nodes may replace it. */
export function createCurrentMaster(
  first: SharedMasterKey,
  from: MasterKeyProvider,
  masters: () => Promise<string[]> = async () => [],
): CurrentMaster {
  let key = first;
  let provider = from;
  let expected: { key: SharedMasterKey; provider: MasterKeyProvider } | undefined;
  return {
    get id() {
      return key.id;
    },
    get provider() {
      return provider;
    },
    wrap: (plain, bound) => key.wrap(plain, bound),
    unwrap: async (wrapped, bound) =>
      (await key.unwrap(wrapped, bound)) ?? (await expected?.key.unwrap(wrapped, bound)),
    wrapItself: (publicKey, bound) => key.wrapItself(publicKey, bound),
    replace(by, next) {
      key = by;
      provider = next;
      expected = undefined;
    },
    expect(next, by) {
      expected = next && { key: next, provider: by };
    },
    async refresh() {
      const [inForce = key.id] = await masters();
      if (inForce === key.id) return;
      if (inForce !== expected?.key.id) throw replacedElsewhere();
      ({ key, provider } = expected);
      expected = undefined;
    },
  };
}

const replacedElsewhere = () =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The master key was replaced while this process did not follow: restart it.',
    { retryAfterSeconds: 5 },
  );

/** Note of the key store beside what the master key wrapped: written in the transaction of a rotation. */
export const MASTER_NOTE = 'master';
/**
 * Note that holds `master-passphrase.json`, the master key wrapped under the passphrase: with it a copy of the key store and the
 * passphrase are enough for a restore. Empty when a file holds the key.
 */
export const PASSPHRASE_NOTE = 'master/passphrase-file';

/** Stands in the key store of a trial restore that reads the original's master key file: it is not to be replaced there. */
export const LENT_NOTE = 'master-key-lent';
/** Replaced keys that are remembered, to say so when one of them comes back. */
const REMEMBERED = 100;

const MasterRecord = z.object({
  /** How and where the key in use is kept. */
  kind: z.enum(['file', 'passphrase']).optional(),
  path: z.string().optional(),
  /** Oldest first; `at` in ms since 1970. */
  replaced: z.array(z.object({ id: z.string(), at: z.number() })).default([]),
});
export type MasterRecord = z.infer<typeof MasterRecord>;

const parseRecord = (text: string) => MasterRecord.safeParse(parseJson(text)).data;
export const isReadableRecord = (text: string): boolean => parseRecord(text) !== undefined;

/** Nothing is known where the note cannot be read: which key is in use says what it wrapped. */
export async function readMasterRecord(keys: Pick<KeyStore, 'note'>): Promise<MasterRecord> {
  const text = await keys.note(MASTER_NOTE);
  return (text === undefined ? undefined : parseRecord(text)) ?? { replaced: [] };
}

/** What the note says once `was` is replaced by a key kept there. */
export function recordReplacement(
  { replaced }: MasterRecord,
  { was, at, kind, path }: { was: string; at: number; kind: 'file' | 'passphrase'; path: string },
): string {
  return JSON.stringify({ kind, path, replaced: [...replaced, { id: was, at }].slice(-REMEMBERED) });
}
