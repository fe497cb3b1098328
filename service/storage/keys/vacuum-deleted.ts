import { type Kysely, sql, type Transaction } from 'kysely';
import type { Opened } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';
import type { CopiedTable, KeySchema } from './key-store-schema.ts';

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

export interface VacuumDeleted {
  /** Before the first transaction that deletes. */
  prepare(): Promise<void>;
  /** In the transaction that deletes from them and gives the store `revision`. */
  note(tx: Transaction<KeySchema>, tables: readonly CopiedTable[], revision: number): Promise<void>;
  /** Writes the tables anew, once for all deletions so far: a dead row stays in its page until then. */
  run(): Promise<void>;
}

export function createVacuumDeleted({
  db,
  confirmWriter,
}: Pick<Opened<KeySchema>, 'db' | 'confirmWriter'>): VacuumDeleted {
  let prepared: Promise<unknown> | undefined;

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
    prepare,
    async note(tx, tables, revision) {
      for (const about of new Set(tables))
        await sql`insert into service_key_vacuum (about, revision) values (${about}, ${revision})
          on conflict (about) do update set revision = excluded.revision`.execute(tx);
    },
    async run() {
      await prepare();
      if ((await listDue(db)).length === 0) return;
      // No transaction, which would hold the lock, can be around it.
      await db.connection().execute(async (session) => {
        await sql`select pg_advisory_lock(${VACUUM_LOCK})`.execute(session);
        try {
          // What another node did meanwhile is done.
          for (const { about, revision } of await listDue(session)) {
            await confirmWriter();
            await sql`vacuum (full) ${sql.table(about)}`.execute(session);
            await sql`delete from service_key_vacuum where about = ${about} and revision = ${revision}`.execute(
              session,
            );
          }
        } finally {
          await sql`select pg_advisory_unlock(${VACUUM_LOCK})`.execute(session);
        }
      });
    },
  };
}

async function listDue(db: Kysely<KeySchema>): Promise<{ about: CopiedTable; revision: number }[]> {
  const { rows } = await sql<{
    about: CopiedTable;
    revision: number;
  }>`select about, revision from service_key_vacuum order by about`.execute(db);
  return rows;
}
