import type { Problem } from '../../lib/problem.ts';
import type { MasterKey } from './master-key.ts';

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
  open(which: 'current' | 'next', passphrase?: string): Promise<MasterKey>;
  /** A new random key, prepared; on disk when it resolves. Throws INVALID_REQUEST for a passphrase that is too weak. */
  prepare(passphrase?: string): Promise<MasterKey>;
  /** What is prepared takes the place of the other, whose bytes are overwritten. Does nothing when nothing is prepared. */
  commit(): Promise<void>;
  /** Overwrites and removes both. */
  remove(): Promise<void>;
}
