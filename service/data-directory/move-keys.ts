import { existsSync, mkdirSync, realpathSync, renameSync, rmdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { requireEmptyPostgres, restorePostgres } from '../backup/restore-postgres.ts';
import { describeDatabase } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import { syncFolder } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { COPY_NAME, createKeyCopyFile } from '../storage/key-copies/key-copy-file.ts';
import { newCopyId } from '../storage/key-copies/key-copy-folder.ts';
import { type KeyStore, type KeyStoreLocation, openKeyStore } from '../storage/keys/key-store.ts';
import {
  type CopiedTable,
  type CopiedValue,
  copiedTables,
  keyMigrations,
} from '../storage/keys/key-store-schema.ts';
import { checkPostgres } from '../storage/postgres/check-postgres.ts';
import { withPostgresSession } from '../storage/postgres/postgres.ts';
import { takeWriterLock } from '../storage/writer-lock.ts';
import { MOVED_KEYS, readSettings, recordSettings } from './database-location.ts';

export interface MoveKeysOptions {
  data: string;
  /** Empty PostgreSQL database for the keys. */
  url: string;
  /** Number of people who have a key, as a confirmation; otherwise nothing is changed and the error says it. */
  confirm?: number;
  clock: Clock;
  log: Log;
  /** For tests: called between two steps. */
  step?: (name: MoveStep) => void;
}

/** In their order. */
export type MoveStep = 'aside' | 'copied' | 'compared' | 'named';

export interface MovedKeys {
  people: number;
  /** Folder of what was keys.db: a copy of the key store from now on. */
  before: string;
}

const COMMAND = 'gatehouse keystore move';
const store = { migrations: keyMigrations, command: COMMAND, flag: '--keys-database-url' };

/**
 * Moves the key store from `keys.db` into a PostgreSQL database. The file is put aside first, so that no key is written to it or destroyed in it
 * alone, and stays as a copy of the key store, which follows each write. All rows go into the database in one transaction, and are compared, before
 * the settings name it. Cut short, the directory is not opened until the same command completes it; where it fails and the database is empty,
 * all is as before. Throws CONFLICT where a process holds the directory or the database, where this is not empty, and where there is no
 * `keys.db`; CONFIRMATION_REQUIRED before anything is changed.
 */
export async function moveKeys(order: MoveKeysOptions): Promise<MovedKeys> {
  const { data, url, confirm, clock, step = () => {} } = order;
  const lock = takeWriterLock(data, { pid: process.pid, host: hostname(), command: COMMAND }, clock);
  try {
    const file = join(data, 'keys.db');
    const before = join(realpathSync(data), MOVED_KEYS);
    const aside = join(before, COPY_NAME);
    requireMovable(data, { file, aside });
    await checkPostgres(url);
    const source = existsSync(file) ? file : aside;
    const { identity, people } = await withFile(order, source, async (keys) => ({
      ...(await keys.state()),
      people: await countPeople(keys),
    }));
    const isThere = await requireEmptyOrOurs(url, identity);
    if (confirm !== people) throw unconfirmed(order, people);
    if (source === file) {
      if (isThere) await requireEmptyPostgres(url, store);
      moveAside(file, aside);
    }
    step('aside');
    try {
      const copy = await withFile(order, aside, (keys) => copyIn(keys, before));
      if (!isThere) await restorePostgres(aside, url, clock, store);
      step('copied');
      await withFile(order, aside, (keys) => requireSame(order, keys));
      createKeyCopyFile({ place: before, identity }).identify({ copy, create: false, anew: true });
    } catch (error) {
      // Unknown where the server does not answer: then the same command goes on from here.
      if ((await requireEmptyOrOurs(url, identity).catch(() => true)) === false)
        await takeBack(order, { file, before, aside });
      throw error;
    }
    step('compared');
    recordSettings(data, { keysDatabaseUrl: url });
    step('named');
    return { people, before };
  } finally {
    lock.release();
  }
}

function requireMovable(data: string, { file, aside }: { file: string; aside: string }): void {
  const { keysDatabaseUrl } = readSettings(data);
  if (keysDatabaseUrl !== undefined || (!existsSync(file) && !existsSync(aside))) {
    const where =
      typeof keysDatabaseUrl === 'string'
        ? `in ${describeDatabase(keysDatabaseUrl)}`
        : `not in ${file}, which is not there`;
    throw new Problem('CONFLICT', `The keys of ${data} are ${where}: nothing was changed.`);
  }
  if (existsSync(file) && existsSync(aside)) {
    throw new Problem(
      'CONFLICT',
      `An earlier move was cut short and put the keys into ${aside}, and there is another ${file} now: move the one of both aside that is older. Nothing was changed.`,
    );
  }
}

async function withFile<T>(
  { clock, log }: MoveKeysOptions,
  path: string,
  work: (keys: KeyStore) => Promise<T>,
): Promise<T> {
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock, log, older: 'refuse' });
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}

/** Keys of a table at a time. */
const PAGE = 1_000;

async function* pagesOf(keys: Pick<KeyStore, 'rows'>, table: CopiedTable): AsyncGenerator<CopiedValue[][]> {
  let after: readonly CopiedValue[] | undefined;
  for (;;) {
    const rows = await keys.rows(table, after, PAGE);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.slice(0, copiedTables[table].key.length);
  }
}

async function countPeople(keys: Pick<KeyStore, 'rows'>): Promise<number> {
  let people = 0;
  for await (const rows of pagesOf(keys, 'person_key')) people += rows.length;
  return people;
}

/** Whether it has this key store already: an earlier call was cut short after that. Throws CONFLICT where it has anything else. */
async function requireEmptyOrOurs(url: string, identity: string): Promise<boolean> {
  const found = await withPostgresSession(url, COMMAND, async (session) => {
    const { rows } = await session.query("select from pg_class where oid = to_regclass('store_state')");
    if (rows.length === 0) return undefined;
    return (await session.query<{ identity: string }>('select identity from store_state')).rows[0]?.identity;
  });
  if (found === identity) return true;
  await requireEmptyPostgres(url, store);
  return false;
}

const unconfirmed = ({ data, url }: MoveKeysOptions, people: number) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    `${join(data, 'keys.db')} has the keys of ${people} people. They go into ${describeDatabase(url)}, and what is keys.db now stays in ${join(data, MOVED_KEYS)} as a copy of the key store. Nothing was changed. To do it: --confirm ${people}`,
  );

/** Throws CONFLICT where another program has the file open: what it wrote last lies in the log beside it. */
function moveAside(file: string, aside: string): void {
  if (existsSync(`${file}-wal`))
    throw new Problem('CONFLICT', `Another program has ${file} open: end it first. Nothing was changed.`);
  const folder = join(aside, '..');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  renameSync(file, aside);
  syncFolder(folder);
  syncFolder(join(folder, '..'));
}

async function takeBack(
  order: MoveKeysOptions,
  { file, before, aside }: { file: string; before: string; aside: string },
): Promise<void> {
  await withFile(order, aside, (keys) => keys.removeCopy(before));
  renameSync(aside, file);
  rmdirSync(before);
  syncFolder(join(before, '..'));
}

/** The id of the copy that the file is from now on. */
async function copyIn(keys: KeyStore, place: string): Promise<string> {
  const known = (await keys.places()).find((one) => one.place === place)?.copy;
  if (known !== undefined) return known;
  const copy = newCopyId();
  await keys.addCopy(place, copy);
  return copy;
}

/** Throws where the database has other rows than the file, and where another process writes to it. */
async function requireSame({ url, clock, log }: MoveKeysOptions, file: KeyStore): Promise<void> {
  const location: KeyStoreLocation = { kind: 'postgres', url };
  const writer = `${COMMAND}, process ${process.pid} on ${hostname()}`;
  const keys = await openKeyStore(location, { clock, log, older: 'refuse', writer });
  try {
    const [ours, theirs] = [await file.state(), await keys.state()];
    // Its settings named the database elsewhere than in the directory: it has been used since an earlier call.
    if (theirs.revision > ours.revision) return;
    for (const table of Object.keys(copiedTables) as CopiedTable[]) {
      const [mine, others] = [pagesOf(file, table), pagesOf(keys, table)];
      for (;;) {
        const [one, other] = [(await mine.next()).value, (await others.next()).value];
        if (JSON.stringify(one) !== JSON.stringify(other))
          throw new Error(`PostgreSQL does not hold the rows of ${table} that were written to it.`);
        if (one === undefined) break;
      }
    }
  } finally {
    await keys.close();
  }
}
