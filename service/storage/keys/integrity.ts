import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../lib/problem.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { Random } from '../sealing/aes-gcm.ts';
import type { Protected } from '../transaction.ts';
import type { KeyStore } from './key-store.ts';
import { type OrganizationKeys, randomKey } from './organization-keys.ts';
import { secretBound } from './wrapped-key.ts';

/**
 * Detects changes of what lies unencrypted: HMAC-SHA-256 under a key that the master key wraps. A writer of the database or of
 * the key store who holds no keys can delete such values and put back earlier ones, but cannot make new ones.
 */
export interface Integrity {
  /** Base64url, 43 characters. `fields`: strings, safe integers, null; their order counts. */
  mac(of: Protected, fields: readonly (string | number | null)[]): string;
  /** Compares in constant time. */
  verify(of: Protected, fields: readonly (string | number | null)[], mac: string): boolean;
}

const INTEGRITY_SECRET = 'integrity';

/** `secret`: 32 bytes. */
export function createIntegrity(secret: Uint8Array): Integrity {
  const keys = new Map<Protected, KeyObject>();
  const keyOf = (of: Protected): KeyObject => {
    const known = keys.get(of);
    if (known) return known;
    const derived = hkdfSync('sha256', root, new Uint8Array(), `gatehouse-integrity-1 ${of}`, 32);
    const key = createSecretKey(new Uint8Array(derived));
    keys.set(of, key);
    return key;
  };
  const root = createSecretKey(secret);
  const macOf = (of: Protected, fields: readonly (string | number | null)[]) =>
    createHmac('sha256', keyOf(of)).update(JSON.stringify(fields), 'utf8').digest();
  return {
    mac: (of, fields) => macOf(of, fields).toString('base64url'),
    verify(of, fields, mac) {
      const given = Buffer.from(mac, 'base64url');
      const right = macOf(of, fields);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}

/** By the number in `adopted` (protected-tables.ts): says since when rows of these tables have MACs; absent or empty before that. */
export const ROWS_NOTES = { 1: 'rows/protected', 2: 'rows/protected-2' } as const;

export const rowsMac = (integrity: Integrity, identity: string, which: 1 | 2) =>
  integrity.mac('rows-protected', which === 1 ? [identity] : [identity, which]);

export interface OpenIntegrityDeps {
  keys: Pick<KeyStore, 'secrets'>;
  master: MasterKey;
  organizations: Pick<OrganizationKeys, 'boundToIntegrity'>;
}

/**
 * The secret of this key store; `undefined` in a new one.
 * Throws SEALED when it was deleted, which the organizations' keys show, and when another master key wrapped it.
 */
export async function openIntegrity({
  keys,
  master,
  organizations,
}: OpenIntegrityDeps): Promise<Integrity | undefined> {
  const found = (await keys.secrets()).find(({ name }) => name === INTEGRITY_SECRET);
  if (!found) {
    if (!organizations.boundToIntegrity()) return undefined;
    throw new Problem(
      'SEALED',
      'The key store lacks the secret "integrity" that it had before: the key store was changed by hand. Put back its newest copy; "gatehouse keystore places" names where copies are kept.',
    );
  }
  const secret = await master.unwrap(found.wrapped, secretBound(INTEGRITY_SECRET));
  if (!secret) {
    throw new Problem(
      'SEALED',
      `The secret "integrity" of the key store does not open with the master key ${master.id}: put back the newest copy of the key store, and the master key that belongs to it (${found.master}).`,
    );
  }
  const integrity = createIntegrity(secret);
  secret.fill(0);
  return integrity;
}

/** A new secret, wrapped; not stored. */
export async function makeIntegrity(master: MasterKey, random: Random) {
  const secret = randomKey(random);
  const { id } = master;
  const wrapped = await master.wrap(secret, secretBound(INTEGRITY_SECRET));
  const integrity = createIntegrity(secret);
  secret.fill(0);
  return { integrity, row: { name: INTEGRITY_SECRET, master: id, wrapped, details: '{}' } };
}
