import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { Problem } from '../../lib/problem.ts';
import { coalesce, createOneAtATime } from '../../lib/turns.ts';
import type { Opened } from '../connection.ts';
import { emptyLog } from '../empty-log.ts';
import { makeOwn } from '../postgres/make-own.ts';
import { LOCK_TIMEOUT } from '../postgres/session-settings.ts';
import { isLocked } from '../storage-problem.ts';
import { type FollowedKeys, isFollowed, noteKeyChanges } from './key-position.ts';
import type { CopiedTable, KeySchema, Touched } from './key-store-schema.ts';
import { type KeyFollower, listOf, readChanges } from './read-changes.ts';

/** What one write did. */
interface Written<T> {
  /** No keys when there was nothing to do. */
  touched: Touched | readonly Touched[];
  result: T;
}

export type KeyWriter = ReturnType<typeof createKeyWriter>;

/** `shared`: by several nodes, which follow what changes; the follower gets it from there (key-position.ts). */
export function createKeyWriter(
  { db, dialect, inTransaction, confirmWriter }: Opened<KeySchema>,
  { shared }: { shared?: { fed(): Promise<unknown> } | undefined } = {},
) {
  const vacuum = dialect === 'postgres' ? createVacuumDeleted({ db, confirmWriter }) : undefined;
  const inTurn = createOneAtATime();
  let follower: KeyFollower | undefined;
  /** This process is in the line of those that wrote. */
  let inLine = false;
  /** What the store had last, as far as this process knows. */
  let last: number | undefined;
  /** How often it was found to be older than that. */
  let returns = 0;
  /** What this process wrote, or may have written. */
  const touchedSoFar = new Map<CopiedTable, Set<string>>();
  /** Of a SQLite file: something was deleted from them that may be readable still. */
  const readable = new Set<CopiedTable>();

  const listed = (values: readonly string[]) => listOf(dialect, values);
  const notFollowed = () => (shared ? undefined : follower?.missed());
  function noteTouched(touched: readonly Touched[]): void {
    for (const { table, keys } of touched) {
      if (!isFollowed(table)) continue;
      const names = touchedSoFar.get(table) ?? new Set();
      touchedSoFar.set(table, names);
      for (const [name] of keys) names.add(String(name));
    }
  }

  /**
   * SQLite: secure delete overwrites the page in the file, but the log still holds the page as it was. PostgreSQL: a dead row
   * stays in its page until the table is written anew; its own log and its replicas are its administrator's.
   */
  async function forget(tables: readonly CopiedTable[] = []): Promise<boolean> {
    if (vacuum) return vacuum.run();
    for (const table of tables) readable.add(table);
    if (readable.size > 0 && (await emptyLog(db))) readable.clear();
    return readable.size === 0;
  }

  return {
    /** One write after the other, each in a transaction of its own. `destroys`: what it removed is not readable afterwards. */
    async write<T>(
      work: (tx: Transaction<KeySchema>) => Promise<Written<T>>,
      { destroys = false }: { destroys?: boolean } = {},
    ): Promise<T> {
      const { result, tables, forgotten, followed } = await inTurn(async () => {
        if (destroys) await vacuum?.prepare();
        const { touched, result, revision, changes } = await inTransaction(async (tx) => {
          const { touched: any, result } = await work(tx);
          const touched = [any].flat().filter(({ keys }) => keys.length > 0);
          if (touched.length === 0) return { touched, result, revision: undefined, changes: [] };
          noteTouched(touched);
          const { revision } = await tx
            .updateTable('store_state')
            .set((eb) => ({ revision: eb('revision', '+', 1) }))
            .returning('revision')
            .executeTakeFirstOrThrow();
          if (destroys)
            await vacuum?.note(
              tx,
              touched.map(({ table }) => table),
              revision,
            );
          // An older store, as of a standby that lagged: what is written to it is another line than that of the copies.
          const wentBack = last !== undefined && revision <= last;
          if (!inLine || wentBack) touched.push({ table: 'note', keys: [[await joinLine(tx, revision)]] });
          if (shared) await noteKeyChanges(tx, revision, touched);
          return {
            touched,
            result,
            revision,
            changes: follower && !shared ? await readChanges(tx, dialect, touched) : [],
          };
        });
        inLine ||= revision !== undefined;
        const tables = destroys && revision !== undefined ? touched.map(({ table }) => table) : [];
        if (revision === undefined) return { result, tables, forgotten: undefined, followed: undefined };
        const forgotten = tables.length > 0 && !vacuum ? await settle(forget(tables)) : undefined;
        if (last !== undefined && revision !== last + 1) notFollowed();
        if (last !== undefined && revision <= last) returns++;
        last = revision;
        const followed = shared ? undefined : follower?.written({ revision, changes });
        return { result, tables, forgotten, followed };
      });
      // Other writes go on meanwhile, and deletions at one time share it.
      const vacuumed = vacuum && tables.length > 0 ? settle(forget()) : undefined;
      await followed;
      await shared?.fed();
      const failed = forgotten ?? (await vacuumed);
      if (failed) throw failed.error;
      return result;
    },
    /** The right side of `in`. One parameter however many there are: thousands cost more to compile than the rows to read. */
    listed,
    /**
     * Makes unreadable in the store's own files what was deleted from the tables, and from those where that did not succeed before.
     * False while another program that reads them keeps it there.
     */
    forget,
    /** Of the only writer: the revision of the store. The follower has all up to it, or knows that it has not. */
    fed: (): Promise<number> =>
      inTurn(async () => {
        const { revision } = await db.selectFrom('store_state').select('revision').executeTakeFirstOrThrow();
        if (last !== undefined && revision !== last) notFollowed();
        if (last !== undefined && revision < last) {
          inLine = false;
          returns++;
        }
        last = revision;
        return revision;
      }),
    returns: (): number => returns,
    /** First values of the keys of rows of this table that this process wrote, or may have written. */
    touched: (table: FollowedKeys): readonly string[] => [...(touchedSoFar.get(table) ?? [])],
    /** At most one follower. */
    follow(one: KeyFollower): void {
      if (follower) throw new Error('The key store has a follower already.');
      follower = one;
    },
  };
}

/** The error, so that what has to follow a failure still does. */
const settle = (work: Promise<unknown>): Promise<{ error: unknown } | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );

/**
 * Which processes wrote to a key store, each from which revision on: notes of the store, which its copies hold too. Two directories that went
 * on from the same keys have different lines, so that one does not overwrite what the other wrote to a copy.
 */
const PREFIX = 'writer/';
/** Digits of the largest safe integer: the names sort as the revisions do. */
const DIGITS = 16;

const nameOf = (revision: number) => `${PREFIX}${String(revision).padStart(DIGITS, '0')}`;

/** Adds this process to the line with its first write, which gives the store `revision`: the name of its note. In the transaction of that write. */
async function joinLine(tx: Kysely<KeySchema>, revision: number): Promise<string> {
  const name = nameOf(revision);
  await tx
    .insertInto('note')
    .values({ name, value: randomBytes(8).toString('hex') })
    .execute();
  return name;
}

/** The process that wrote `revision`; undefined for one of a release that kept no line. */
export async function writerAt(db: Kysely<KeySchema>, revision: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('note')
    .select(['name', 'value'])
    .where('name', '>', PREFIX)
    .where('name', '<=', nameOf(revision))
    .orderBy('name', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && `${row.name} ${row.value}`;
}

/** The same of the newest process in a copy. */
export const NEWEST_WRITER = `select name || ' ' || value from note where name > '${PREFIX}' and name < '${PREFIX}:' order by name desc limit 1`;

/**
 * Tables of a PostgreSQL store from which something was deleted that may be readable still: noted with the deletion, so that a process that
 * is killed leaves it to the next one, and one node does it for all. Beside the tables of the migrations: no copy has it.
 */
const DUE = `create table if not exists service_key_vacuum (
  about text primary key,
  revision bigint not null
)`;
/** Advisory lock of the one that does it. */
const VACUUM_LOCK = 7_184_006;
/** Nothing reads a key while its table is written anew (8 s for a million people): so many times as long passes before the next. */
const REST = 3;
/** Milliseconds for which a table is waited for that another session reads: all who read a key wait behind this one. How often, and with what pause. */
const LOCK = 200;
const TRIES = 4;
const PAUSE = 300;

function createVacuumDeleted({ db, confirmWriter }: Pick<Opened<KeySchema>, 'db' | 'confirmWriter'>) {
  let prepared: Promise<unknown> | undefined;
  let restsUntil = 0;
  let isBusy = false;

  const prepare = async () => {
    prepared ??= sql
      .raw(makeOwn(DUE))
      .execute(db)
      .catch((error: unknown) => {
        prepared = undefined;
        throw error;
      });
    await prepared;
  };

  return {
    /** Before the first transaction that deletes. */
    prepare,
    /** In the transaction that deletes from them and gives the store `revision`. */
    async note(tx: Transaction<KeySchema>, tables: readonly CopiedTable[], revision: number): Promise<void> {
      for (const about of new Set(tables))
        await sql`insert into service_key_vacuum (about, revision) values (${about}, ${revision})
          on conflict (about) do update set revision = excluded.revision`.execute(tx);
    },
    /**
     * Writes the tables anew, once for all deletions so far: a dead row stays in its page until then. False where another session reads
     * them, or the server does not do it: it has to be tried again, and until some time has passed that is not done.
     */
    run: coalesce(async (): Promise<boolean> => {
      try {
        await prepare();
        if ((await listDue(db)).length === 0) return true;
        const rest = restsUntil - performance.now();
        if (isBusy && rest > 0) return false;
        await delay(Math.max(0, rest));
        const began = performance.now();
        isBusy = true;
        try {
          await db.connection().execute((session) => writeAnew(session, confirmWriter));
          isBusy = false;
        } finally {
          restsUntil = performance.now() + REST * (performance.now() - began);
        }
        return true;
      } catch (error) {
        // Of the server; a process that may not write any more has no cause for that.
        if (error instanceof Problem && error.cause !== undefined) return false;
        throw error;
      }
    }),
  };
}

/** No transaction, which would hold the lock, can be around it. */
async function writeAnew(session: Kysely<KeySchema>, confirmWriter: () => Promise<void>): Promise<void> {
  await sql`select pg_advisory_lock(${VACUUM_LOCK})`.execute(session);
  try {
    await waitForLocks(session, LOCK);
    // What another node did meanwhile is done.
    for (const { about, revision } of await listDue(session)) {
      await confirmWriter();
      await vacuumFull(session, about);
      await sql`delete from service_key_vacuum where about = ${about} and revision = ${revision}`.execute(
        session,
      );
    }
  } finally {
    await waitForLocks(session, LOCK_TIMEOUT);
    await sql`select pg_advisory_unlock(${VACUUM_LOCK})`.execute(session);
  }
}

async function vacuumFull(session: Kysely<KeySchema>, table: CopiedTable): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await sql`vacuum (full) ${sql.table(table)}`.execute(session);
      return;
    } catch (error) {
      if (!isLocked(error) || tries >= TRIES) throw error;
      await delay(PAUSE);
    }
  }
}

const waitForLocks = (session: Kysely<KeySchema>, milliseconds: number) =>
  sql`select set_config('lock_timeout', ${String(milliseconds)}, false)`.execute(session);

async function listDue(db: Kysely<KeySchema>): Promise<{ about: CopiedTable; revision: number }[]> {
  const { rows } = await sql<{
    about: CopiedTable;
    revision: number;
  }>`select about, revision from service_key_vacuum order by about`.execute(db);
  return rows;
}
