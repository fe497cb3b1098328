import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** A running transaction. Stores take it as their first argument wherever a change belongs to a larger one. */
export type Tx = Transaction<Schema>;

/** Either: reads take it, so that they work inside and outside a transaction. */
export type Db = Kysely<Schema>;

/** Runs `work` in one transaction (`BEGIN IMMEDIATE` on SQLite): all of it or nothing. Given by compose.ts. */
export type InTransaction = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
