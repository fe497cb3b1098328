import { sql } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import type { OrganizationId, SubjectId } from '../lib/id.ts';
import { openSqlite } from './connection.ts';
import type { Migration } from './migration.ts';
import { openSqliteFile, openSqliteMemory } from './sqlite.ts';

/** Wrapped keys as they lie in `keys.db`; nothing in it opens anything without the master key. */
interface KeySchema {
  organization_key: {
    organization: string;
    /** Rises with every rotation; the newest wraps new keys. */
    generation: number;
    /** Id of the master key that wrapped both. */
    master: string;
    wrapped: Uint8Array;
    lookup_wrapped: Uint8Array;
    created_at: number;
  };
  person_key: {
    subject: string;
    organization: string;
    generation: number;
    wrapped: Uint8Array;
    created_at: number;
  };
  appliance_secret: {
    name: string;
    master: string;
    wrapped: Uint8Array;
    /** JSON; what belongs to the secret and is no secret, such as the public half. */
    details: string;
    created_at: number;
  };
  erasure_ledger: { seq: number; entry: string };
  note: { name: string; value: string };
}

/** A secret of the whole appliance: a signing key, the key of the backups. */
export interface WrappedSecret {
  name: string;
  /** Id of the master key that wrapped it. */
  master: string;
  wrapped: Uint8Array;
  /** JSON. */
  details: string;
}

interface WrappedOrganizationKey {
  organization: OrganizationId;
  generation: number;
  master: string;
  wrapped: Uint8Array;
  /** The secret of the keyed e-mail hashes. */
  lookupWrapped: Uint8Array;
}

interface WrappedPersonKey {
  subject: SubjectId;
  organization: OrganizationId;
  generation: number;
  wrapped: Uint8Array;
}

/** Every write is on disk when its promise resolves; a removed key leaves neither the file nor its log readable. */
export interface KeyStore {
  organizations(): Promise<WrappedOrganizationKey[]>;
  addOrganization(key: WrappedOrganizationKey): Promise<void>;
  persons(subjects: readonly SubjectId[]): Promise<WrappedPersonKey[]>;
  /** Throws for a second key of the same person. */
  addPerson(key: WrappedPersonKey): Promise<void>;
  /** How many there were. */
  removePersons(subjects: readonly SubjectId[]): Promise<number>;
  /** Everybody whose key was written before `time` (ms since 1970). */
  personsBefore(time: number): Promise<SubjectId[]>;
  countPersons(): Promise<number>;
  /** Organizations with at least one person's key. */
  peopledOrganizations(): Promise<OrganizationId[]>;
  secrets(): Promise<WrappedSecret[]>;
  /** Throws for a second one of the same name. */
  addSecret(secret: WrappedSecret): Promise<void>;
  /**
   * The signed list of everybody who was erased, in order. It lies beside the keys because these are never restored from an
   * old copy: a restore of the data erases again whom it brings back.
   */
  erasureLedger(): Promise<{ seq: number; entry: string }[]>;
  /** `seq` follows the last one; throws when it does not. */
  appendToErasureLedger(seq: number, entry: string): Promise<void>;
  /** Small facts that must not be older than the keys, such as the newest audit checkpoint. */
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
  close(): Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    name: '0001-keys',
    up: ({ text, integer, bytes, strict }) => [
      `create table organization_key (
        organization ${text} not null,
        generation ${integer} not null,
        master ${text} not null,
        wrapped ${bytes} not null,
        lookup_wrapped ${bytes} not null,
        created_at ${integer} not null,
        primary key (organization, generation)
      )${strict}`,
      `create table person_key (
        subject ${text} primary key not null,
        organization ${text} not null,
        generation ${integer} not null,
        wrapped ${bytes} not null,
        created_at ${integer} not null
      )${strict}`,
    ],
  },
  {
    name: '0002-secrets',
    up: ({ text, integer, bytes, strict }) => [
      `create table appliance_secret (
        name ${text} primary key not null,
        master ${text} not null,
        wrapped ${bytes} not null,
        details ${text} not null,
        created_at ${integer} not null
      )${strict}`,
      `create table erasure_ledger (
        seq ${integer} primary key not null,
        entry ${text} not null
      )${strict}`,
      `create table note (
        name ${text} primary key not null,
        value ${text} not null
      )${strict}`,
    ],
  },
];

/**
 * The key store of a data directory, in a file of its own (full synchronization, secure delete, no snapshots and in no
 * data backup: an old copy of it would undo every erasure since).
 */
export async function openKeyStore(
  place: { kind: 'sqlite'; path: string } | { kind: 'sqlite-memory' },
  { clock }: { clock: Clock },
): Promise<KeyStore> {
  const file = place.kind === 'sqlite' ? openSqliteFile(place.path) : openSqliteMemory();
  const { db, close } = await openSqlite<KeySchema>(file, { clock }, migrations);
  /** Secure delete overwrites the page in the file; the log still holds the page as it was. */
  const emptyLog = () => sql`pragma wal_checkpoint(truncate)`.execute(db);
  await emptyLog();
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
    async addOrganization({ organization, generation, master, wrapped, lookupWrapped }) {
      await db
        .insertInto('organization_key')
        .values({
          organization,
          generation,
          master,
          wrapped,
          lookup_wrapped: lookupWrapped,
          created_at: clock.now(),
        })
        .execute();
    },
    async persons(subjects) {
      const rows = await db
        .selectFrom('person_key')
        .select(['subject', 'organization', 'generation', 'wrapped'])
        .where('subject', 'in', listed(subjects))
        .execute();
      return rows as WrappedPersonKey[];
    },
    async addPerson(key) {
      await db
        .insertInto('person_key')
        .values({ ...key, created_at: clock.now() })
        .execute();
    },
    async removePersons(subjects) {
      const { numDeletedRows } = await db
        .deleteFrom('person_key')
        .where('subject', 'in', listed(subjects))
        .executeTakeFirst();
      await emptyLog();
      return Number(numDeletedRows);
    },
    async personsBefore(time) {
      const rows = await db
        .selectFrom('person_key')
        .select('subject')
        .where('created_at', '<', time)
        .execute();
      return rows.map(({ subject }) => subject as SubjectId);
    },
    async countPersons() {
      const { count } = await db
        .selectFrom('person_key')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    async peopledOrganizations() {
      const rows = await db.selectFrom('person_key').select('organization').distinct().execute();
      return rows.map(({ organization }) => organization as OrganizationId);
    },
    secrets: () =>
      db
        .selectFrom('appliance_secret')
        .select(['name', 'master', 'wrapped', 'details'])
        .orderBy('name')
        .execute(),
    async addSecret(secret) {
      await db
        .insertInto('appliance_secret')
        .values({ ...secret, created_at: clock.now() })
        .execute();
    },
    erasureLedger: () => db.selectFrom('erasure_ledger').selectAll().orderBy('seq').execute(),
    async appendToErasureLedger(seq, entry) {
      const { last } = await db
        .selectFrom('erasure_ledger')
        .select((eb) => eb.fn.max('seq').as('last'))
        .executeTakeFirstOrThrow();
      if (seq !== Number(last ?? 0) + 1) {
        throw new Error(`The erasure ledger is at ${last ?? 0}; entry ${seq} does not follow.`);
      }
      await db.insertInto('erasure_ledger').values({ seq, entry }).execute();
    },
    async note(name) {
      const row = await db.selectFrom('note').select('value').where('name', '=', name).executeTakeFirst();
      return row?.value;
    },
    async setNote(name, value) {
      await db
        .insertInto('note')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },
    close,
  };
}

/** One parameter however many there are: thousands of parameters cost more to compile than the rows to read. */
const listed = (subjects: readonly SubjectId[]) =>
  sql<string>`(select value from json_each(${JSON.stringify(subjects)}))`;
