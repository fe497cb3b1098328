import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Sqlite from 'better-sqlite3';
import type { Clock } from '../lib/clock.ts';
import { syncFolder } from '../lib/durable-file.ts';
import { Problem } from '../lib/problem.ts';
import { type KeyStore, openKeyStore } from '../storage/keys/key-store.ts';
import { type CopiedTable, copiedTables, keyMigrations } from '../storage/keys/key-store-schema.ts';
import { takeWriterLock } from '../storage/writer-lock.ts';
import { restorePostgres } from './restore-postgres.ts';

export interface KeyMove {
  data: string;
  /** Of an empty PostgreSQL database. */
  url: string;
  clock: Clock;
  /** Every later start opens the store there. On disk when it returns. */
  record(): void;
}

const COMMAND = 'gatehouse keystore move';
const PAGE = 1_000;

/**
 * Moves the key store of a data directory into PostgreSQL: every row is read back and compared before the settings name the database, and
 * only then `keys.db` is overwritten and removed. Cut short at any moment, either of the two is the key store and has every key. Throws
 * CONFLICT where a service runs, for a database that is not empty, and where the keys are in PostgreSQL already.
 */
export async function moveKeys(order: KeyMove): Promise<{ people: number }> {
  const { data, clock, record } = order;
  const path = join(data, 'keys.db');
  const lock = takeWriterLock(data, { pid: process.pid, host: hostname(), command: COMMAND }, clock);
  try {
    if (!existsSync(path))
      throw new Problem('CONFLICT', `The keys of ${data} are in PostgreSQL already: it has no keys.db.`);
    const people = await copy(path, order);
    record();
    wipe(path);
    syncFolder(data);
    return { people };
  } finally {
    lock.release();
  }
}

/** Gives how many people have a key. */
async function copy(path: string, { url, clock }: KeyMove): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const own = await openKeyStore({ kind: 'sqlite', path }, { clock });
  opened.defer(() => own.close());
  await restorePostgres(path, url, clock, keyMigrations);
  const moved = await openKeyStore(
    { kind: 'postgres', url },
    { clock, writer: `${COMMAND} on ${hostname()}` },
  );
  opened.defer(() => moved.close());
  if (!isDeepStrictEqual(await moved.state(), await own.state())) throw differs('store_state');
  let people = 0;
  for (const table of Object.keys(copiedTables) as CopiedTable[]) {
    const rows = await compare(table, own, moved);
    if (table === 'person_key') people = rows;
  }
  return people;
}

/** How many rows it has. */
async function compare(table: CopiedTable, own: KeyStore, moved: KeyStore): Promise<number> {
  const keys = copiedTables[table].key.length;
  let rows = 0;
  for (let after: Awaited<ReturnType<KeyStore['rows']>>[number] | undefined; ; ) {
    const [here, there] = [await own.rows(table, after, PAGE), await moved.rows(table, after, PAGE)];
    if (!isDeepStrictEqual(plain(here), plain(there))) throw differs(table);
    rows += here.length;
    if (here.length < PAGE) return rows;
    after = here.at(-1)!.slice(0, keys);
  }
}

/** Whichever kind of bytes the database gives. */
const plain = (rows: Awaited<ReturnType<KeyStore['rows']>>) =>
  rows.map((row) => row.map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one)));

function wipe(path: string): void {
  const file = new Sqlite(path);
  try {
    file.pragma('secure_delete = ON');
    // What is overwritten lies in no journal on the disk.
    file.pragma('journal_mode = MEMORY');
    for (const table of Object.keys(copiedTables)) file.exec(`delete from ${table}`);
  } finally {
    file.close();
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

const differs = (table: string): Error =>
  new Error(`PostgreSQL has other rows of ${table} than were written: the keys stay in the data directory.`);
