import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** A running transaction. Stores take it as their first argument wherever a change belongs to a larger one. */
export type Tx = Transaction<Schema>;

/** Either: reads take it, so that they work inside and outside a transaction. */
export type Db = Kysely<Schema>;

/**
 * Runs `work` in one serializable transaction (`BEGIN IMMEDIATE` on SQLite): all of it or nothing. Given by compose.ts.
 *
 * Inside `work` every query goes through `tx`; `db` or a second transaction throws there. On SQLite every other query
 * waits for `work`, so it waits for nothing but queries: pictures are judged and keys are made before. On PostgreSQL
 * `work` runs again after a conflict, so memory (galleries, caches) changes only after the promise has resolved.
 */
export type InTransaction = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/** Milliseconds since 1970 by which leases of work begin and end (leases.ts). */
export type LeaseTime = (from: Db | Tx) => Promise<number>;

/** Makes and verifies the MACs of rows (keys/protected-tables.ts): another writer of the database cannot. `fields` as of `Integrity`. */
export interface RowIntegrity {
  mac(of: Protected, fields: readonly (string | number | null)[]): string;
  verify(of: Protected, fields: readonly (string | number | null)[], mac: string): boolean;
}

/** What is protected, each under a key of its own. */
export type Protected =
  | 'checkpoint-note'
  | 'api-key'
  | 'rows-protected'
  | 'restore'
  | 'administrator'
  | 'administrator-password'
  | 'administrator-session'
  | 'administrator-csrf'
  | 'passkey-sign-in'
  | 'administrator-face'
  | 'passkey'
  | 'passkey-challenge'
  | 'recovery-code'
  | 'one-time-code'
  | 'sign-in-ticket'
  | 'sign-in-failure'
  | 'kiosk'
  | 'operator-pin'
  | 'setup'
  | 'idempotency'
  | 'live-session'
  | 'visit-proof'
  | 'behavior-challenge'
  | 'behavior-verdict'
  | 'behavior-session'
  | 'behavior-layer'
  | 'organization'
  | 'profile'
  | 'model-import'
  | 'model-setting'
  | 'destination-grant'
  | 'webhook-endpoint'
  | 'webhook-delivery'
  | 'approval'
  | 'erasure';
