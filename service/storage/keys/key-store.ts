import { randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type DatabaseDeps, type Opened, openPostgres, openSqlite } from '../connection.ts';
import { type CopyFolders, createCopyFolders } from '../key-copies/copy-folders.ts';
import { copiesAlone, type NodeCopies, openNodeCopies } from '../key-copies/node-copies.ts';
import type { OlderSchema } from '../migrate.ts';
import { withPostgresSession } from '../postgres/postgres.ts';
import type { Random } from '../sealing/aes-gcm.ts';
import { openSqliteFile, openSqliteMemory } from '../sqlite.ts';
import { createOwnKeys, type KeyPosition, openKeyPosition } from './key-position.ts';
import {
  createKeyRewraps,
  type KeyRewraps,
  requireMaster,
  writeNote,
  writeNoteAtRevision,
} from './key-rewraps.ts';
import {
  type CopiedTable,
  type CopiedValue,
  copiedTables,
  type KeySchema,
  keyMigrations,
} from './key-store-schema.ts';
import { createKeyWriter, type KeyWriter, writerAt } from './key-writer.ts';
import { createNodeKeyRows, type NodeKeyRows } from './node-key-rows.ts';
import { createPersonKeyRows, type PersonKeyRows } from './person-key-rows.ts';
import type { KeyFollower } from './read-changes.ts';
import { changedMeanwhile, type WrappedOrganizationKey, type WrappedSecret } from './wrapped-key.ts';

/** An entry of the list of erasures, as it is stored. */
export interface LedgerRow {
  seq: number;
  entry: string;
}

export type KeyStoreLocation =
  | { kind: 'sqlite'; path: string }
  | { kind: 'sqlite-memory' }
  | { kind: 'postgres'; url: string };

/** Every write is on disk when its promise resolves; a removed key is unreadable in the file and its log, or `stillReadable` says why. */
export interface KeyStore extends PersonKeyRows, KeyRewraps, CopyFolders {
  organizations(): Promise<WrappedOrganizationKey[]>;
  /** Throws CONFLICT for a second one of the same generation. */
  addOrganization(key: WrappedOrganizationKey): Promise<void>;
  /** Where what was removed can still be read, because another program reads the store: tried again, it may be nowhere. */
  stillReadable(): Promise<string | undefined>;
  secrets(): Promise<WrappedSecret[]>;
  secret(name: string): Promise<WrappedSecret | undefined>;
  /** False where there is one of that name, which stays: another node made it. */
  addSecret(secret: WrappedSecret): Promise<boolean>;
  removeSecret(name: string): Promise<void>;
  /**
   * The signed list of erased people, in order. It lies beside the keys because these are never restored from an old copy: a
   * restore of the data erases again the people that it brings back.
   */
  erasureLedger(from?: number): Promise<LedgerRow[]>;
  /**
   * `make` gets the entries from `from` on, in the transaction that writes what it gives; nothing is written for undefined. Throws for a
   * number that does not follow the last one.
   */
  appendToErasureLedger(
    from: number,
    make: (tail: readonly LedgerRow[]) => LedgerRow | undefined,
  ): Promise<void>;
  /** Small facts that must not be older than the keys, such as the newest audit checkpoint. */
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
  /** Where there is none; gives the one that is there then. */
  addNote(name: string, value: string): Promise<string>;
  /** The next number of a note that counts: none is given twice. */
  countUp(name: string): Promise<number>;
  /** As `setNote`, of a value that names the revision which this write gives the store. */
  writeAtRevision(name: string, make: (revision: number, now: string | undefined) => string): Promise<void>;
  /** Which store this is, and after how many writes. */
  state(): Promise<{ identity: string; revision: number }>;
  /** The process that wrote a revision of the store, or of the store that it was made of; undefined where that is not known. */
  writerAt(revision: number): Promise<string | undefined>;
  /** Rows of one table as copies hold them, in the order of their keys (by code point), after `after`; fewer than `limit` at the end. */
  rows(
    table: CopiedTable,
    after: readonly CopiedValue[] | undefined,
    limit: number,
  ): Promise<CopiedValue[][]>;
  /** Which node keeps which copy. */
  nodeCopies: NodeCopies;
  /** Nodes that have the master key for their own key. Undefined for a store in a data directory, which others do not reach. */
  nodeKeys: NodeKeyRows | undefined;
  /** What other nodes change. */
  position: KeyPosition;
  /** At most one follower; given before the first write that it should know of. */
  follow(follower: KeyFollower): void;
  /** Throws STORAGE_UNAVAILABLE while another process may be writing, and where the store was older than what was read before. */
  requireWriter(): void;
  gone?: Opened<KeySchema>['gone'];
  doubts?: Opened<KeySchema>['doubts'];
  close(): Promise<void>;
}

interface KeyStoreDeps extends OlderSchema {
  clock: Clock;
  log?: Log;
  /** As for the database (connection.ts). */
  writer?: string;
  directory?: DatabaseDeps['directory'];
  node?: DatabaseDeps['node'];
  random?: Random;
}

/**
 * The key store of a data directory: a SQLite file of its own (full synchronization, secure delete, no snapshots and in no
 * data backup: an old copy of it would undo every erasure since), or a PostgreSQL database of its own.
 */
export async function openKeyStore(
  location: KeyStoreLocation,
  { clock, log = silentLog, random = randomFillSync, writer, directory, node, ...older }: KeyStoreDeps,
): Promise<KeyStore> {
  const opened = await open(location, {
    clock,
    log,
    what: 'key store',
    ...older,
    ...defined({ writer, directory, node }),
  });
  const { db, dialect, requireWriter, gone, doubts, close } = opened;
  const keyWriter = createKeyWriter(opened, { shared: node && { fed: () => position.fed() } });
  let position = createOwnKeys(db, keyWriter);
  const { forget } = keyWriter;
  if (dialect === 'sqlite') await forget(['person_key']);
  await identify(db, random);
  await position.fed();
  if (node) position = await openKeyPosition({ keys: opened, log });
  const nodeCopies = node ? await openNodeCopies(opened, node) : copiesAlone;

  return {
    ...createWrappedKeys(db, keyWriter, clock),
    ...createPersonKeyRows(opened, keyWriter, clock),
    ...createErasureLedger(db, keyWriter),
    ...createNotes(db, keyWriter),
    ...createKeyRewraps(opened, keyWriter, clock),
    ...createCopyFolders(opened, keyWriter, clock, nodeCopies),
    async stillReadable() {
      if (await forget()) return undefined;
      return location.kind === 'sqlite' ? `${location.path}-wal` : 'the key store';
    },
    state: () => db.selectFrom('store_state').select(['identity', 'revision']).executeTakeFirstOrThrow(),
    writerAt: (revision) => writerAt(db, revision),
    rows: (table, after, limit) => readRows(db, table, after, limit),
    follow(follower) {
      keyWriter.follow(follower);
      position.feed(follower);
    },
    position,
    nodeCopies,
    nodeKeys: dialect === 'postgres' ? createNodeKeyRows(opened) : undefined,
    requireWriter() {
      requireWriter();
      position.requireCurrent();
    },
    gone,
    doubts,
    async close() {
      await position.close();
      await close();
    },
  };
}

type Rows<Name extends keyof KeyStore> = Pick<KeyStore, Name>;

/** The organizations' keys and the appliance's secrets: what the master key wraps. */
function createWrappedKeys(
  db: Kysely<KeySchema>,
  { write }: Pick<KeyWriter, 'write'>,
  clock: Clock,
): Rows<'organizations' | 'addOrganization' | 'secrets' | 'secret' | 'addSecret' | 'removeSecret'> {
  return {
    async organizations() {
      const rows = await db.selectFrom('organization_key').selectAll().orderBy('generation').execute();
      return rows.map(({ organization, generation, master, wrapped, lookup_wrapped }) => ({
        organization: organization as OrganizationId,
        generation,
        master,
        wrapped,
        lookupWrapped: lookup_wrapped,
      }));
    },
    addOrganization: ({ organization, generation, master, wrapped, lookupWrapped }) =>
      write(async (tx) => {
        await requireMaster(tx, master);
        const row = { organization, generation, master, wrapped, lookup_wrapped: lookupWrapped };
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('organization_key')
          .values({ ...row, created_at: clock.now() })
          .onConflict((conflict) => conflict.columns(['organization', 'generation']).doNothing())
          .executeTakeFirstOrThrow();
        // Another node is changing the keys of this organization.
        if (numInsertedOrUpdatedRows !== 1n) throw changedMeanwhile();
        return {
          touched: { table: 'organization_key', keys: [[organization, generation]] },
          result: undefined,
        };
      }),
    secrets: () =>
      db
        .selectFrom('appliance_secret')
        .select(['name', 'master', 'wrapped', 'details'])
        .orderBy('name')
        .execute(),
    secret: (name) =>
      db
        .selectFrom('appliance_secret')
        .select(['name', 'master', 'wrapped', 'details'])
        .where('name', '=', name)
        .executeTakeFirst(),
    addSecret: (secret) =>
      write(async (tx) => {
        await requireMaster(tx, secret.master);
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('appliance_secret')
          .values({ ...secret, created_at: clock.now() })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .executeTakeFirstOrThrow();
        const added = numInsertedOrUpdatedRows === 1n;
        return {
          touched: { table: 'appliance_secret', keys: added ? [[secret.name]] : [] },
          result: added,
        };
      }),
    removeSecret: (name) =>
      write(
        async (tx) => {
          await tx.deleteFrom('appliance_secret').where('name', '=', name).execute();
          return { touched: { table: 'appliance_secret', keys: [[name]] }, result: undefined };
        },
        { destroys: true },
      ),
  };
}

function createErasureLedger(
  db: Kysely<KeySchema>,
  { write }: Pick<KeyWriter, 'write'>,
): Rows<'erasureLedger' | 'appendToErasureLedger'> {
  const rowsFrom = (reader: Kysely<KeySchema>, from: number) =>
    reader.selectFrom('erasure_ledger').selectAll().where('seq', '>=', from).orderBy('seq').execute();
  return {
    erasureLedger: (from = 0) => rowsFrom(db, from),
    appendToErasureLedger: (from, make) =>
      write(async (tx) => {
        const made = make(await rowsFrom(tx, from));
        if (made === undefined) return { touched: [], result: undefined };
        const { last } = await tx
          .selectFrom('erasure_ledger')
          .select((eb) => eb.fn.max('seq').as('last'))
          .executeTakeFirstOrThrow();
        if (made.seq !== Number(last ?? 0) + 1) {
          throw new Error(`The erasure ledger is at ${last ?? 0}; entry ${made.seq} does not follow.`);
        }
        await tx.insertInto('erasure_ledger').values(made).execute();
        return { touched: { table: 'erasure_ledger', keys: [[made.seq]] }, result: undefined };
      }),
  };
}

/** A number that `countUp` wrote. */
export const isCount = (text: string): boolean => /^\d{1,15}$/.test(text);

function createNotes(
  db: Kysely<KeySchema>,
  { write }: Pick<KeyWriter, 'write'>,
): Rows<'note' | 'setNote' | 'addNote' | 'countUp' | 'writeAtRevision'> {
  return {
    async note(name) {
      const row = await db.selectFrom('note').select('value').where('name', '=', name).executeTakeFirst();
      return row?.value;
    },
    setNote: (name, value) =>
      write(async (tx) => {
        await writeNote(tx, { name, value });
        return { touched: { table: 'note', keys: [[name]] }, result: undefined };
      }),
    addNote: (name, value) =>
      write(async (tx) => {
        const there = await tx.selectFrom('note').select('value').where('name', '=', name).executeTakeFirst();
        if (there) return { touched: [], result: there.value };
        await writeNote(tx, { name, value });
        return { touched: { table: 'note', keys: [[name]] }, result: value };
      }),
    countUp: (name) =>
      write(async (tx) => {
        const row = await tx.selectFrom('note').select('value').where('name', '=', name).executeTakeFirst();
        const { revision } = await tx.selectFrom('store_state').select('revision').executeTakeFirstOrThrow();
        // Each number was a write of the store: after a damaged one, their count is above all that were given.
        const { value = '0' } = row ?? {};
        const next = (isCount(value) ? Number(value) : revision) + 1;
        await writeNote(tx, { name, value: String(next) });
        return { touched: { table: 'note', keys: [[name]] }, result: next };
      }),
    writeAtRevision: (name, make) =>
      write(async (tx) => {
        await writeNoteAtRevision(tx, name, make);
        return { touched: { table: 'note', keys: [[name]] }, result: undefined };
      }),
  };
}

async function readRows(
  db: Kysely<KeySchema>,
  table: CopiedTable,
  after: readonly CopiedValue[] | undefined,
  limit: number,
): Promise<CopiedValue[][]> {
  const { key, columns } = copiedTables[table];
  const names = sql.join(key.map((name) => sql.ref(name)));
  const from = after ? sql`where (${names}) > (${sql.join([...after])})` : sql``;
  const { rows } = await sql<Record<string, CopiedValue>>`
      select ${sql.join(columns.map((name) => sql.ref(name)))} from ${sql.table(table)} ${from}
      order by ${names} limit ${limit}`.execute(db);
  return rows.map((row) => columns.map((name) => row[name]!));
}

async function open(
  location: KeyStoreLocation,
  deps: DatabaseDeps & { what: 'key store' },
): Promise<Opened<KeySchema>> {
  switch (location.kind) {
    case 'sqlite':
      return openSqlite<KeySchema>(openSqliteFile(location.path), deps, keyMigrations);
    case 'sqlite-memory':
      return openSqlite<KeySchema>(openSqliteMemory(), deps, keyMigrations);
    case 'postgres':
      return openPostgres<KeySchema>(location.url, deps, keyMigrations);
    default:
      return location satisfies never;
  }
}

/** Gives a new store its identity. */
async function identify(db: Kysely<KeySchema>, random: Random): Promise<void> {
  const bytes = new Uint8Array(16);
  random(bytes);
  await db
    .insertInto('store_state')
    .values({ id: 1, identity: Buffer.from(bytes).toString('hex'), revision: 0, copy: '' })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

interface KeyStoreVersion {
  /** Its newest migration. */
  name: string;
  /** When its last one was applied, ms since 1970. */
  at: number;
}

const NEWEST = 'select max(name) as name, max(applied_at) as at from schema_migration';

/** As the key store is, without opening it. Throws SEALED where there is none, CONFLICT where PostgreSQL cannot be reached. */
export async function readKeyStoreVersion(location: KeyStoreLocation): Promise<KeyStoreVersion> {
  switch (location.kind) {
    case 'sqlite': {
      if (!existsSync(location.path)) {
        throw new Problem(
          'SEALED',
          `The key store ${location.path} is missing: put back its newest copy. Nothing was changed.`,
        );
      }
      const keys = openSqliteFile(location.path);
      try {
        return keys.prepare(NEWEST).get() as KeyStoreVersion;
      } finally {
        keys.close();
      }
    }
    case 'postgres':
      return withPostgresSession(location.url, 'gatehouse migrate --back', async (session) => {
        const { rows } = await session.query<KeyStoreVersion>(NEWEST);
        return rows[0]!;
      });
    case 'sqlite-memory':
      throw new Error('A key store in memory has no version to read.');
    default:
      return location satisfies never;
  }
}
