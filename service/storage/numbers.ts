import { PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from './transaction.ts';

/** Tables whose rows have a number of their own in `seq`, in the order in which they were added. */
export type Numbered = 'outbox' | 'delivery';

const numbered: readonly Numbered[] = ['outbox', 'delivery'];
/** Of transactions that have taken a number, together; alone: there are none. Any number that is ours alone in the database. */
const NUMBERS_LOCK = 7_184_003;

const isPostgres = (from: Db | Tx): boolean => from.getExecutor().adapter instanceof PostgresAdapter;
const sequenceOf = (table: Numbered) => sql.raw(`'${table}_number'`);
const newestOf = (table: Numbered) => sql<number>`(select coalesce(max(seq), 0) from ${sql.table(table)})`;

/**
 * The number of the next row, in the statement that adds it. PostgreSQL gives it from a sequence: two transactions that add rows at one
 * time do not conflict, and some numbers are never used.
 */
export const nextNumber = (tx: Tx, table: Numbered): RawBuilder<number> =>
  isPostgres(tx)
    ? sql`(select nextval(${sequenceOf(table)}) from pg_advisory_xact_lock_shared(${sql.lit(NUMBERS_LOCK)}))`
    : sql`${newestOf(table)} + 1`;

/** As many, in order. */
export async function takeNumbers(tx: Tx, table: Numbered, count: number): Promise<number[]> {
  if (count === 0) return [];
  const query = isPostgres(tx)
    ? sql<{ seq: number }>`select nextval(${sequenceOf(table)}) as seq
        from pg_advisory_xact_lock_shared(${sql.lit(NUMBERS_LOCK)}), generate_series(1, ${count})`
    : sql<{ seq: number }>`select ${newestOf(table)} + 1 as seq`;
  const { rows } = await query.execute(tx);
  const first = rows[0]!.seq;
  return isPostgres(tx)
    ? rows.map(({ seq }) => seq)
    : Array.from({ length: count }, (_, index) => first + index);
}

/**
 * The newest number, 0 before the first, such that every row with a number up to it that is ever there is there now. It waits for the
 * transactions that have taken one, not in one of its own, and none takes one meanwhile.
 */
export async function numberedThrough(db: Db, table: Numbered): Promise<number> {
  const newest = async (from: Db | Tx) => {
    const { rows } = await sql<{ seq: number }>`select ${newestOf(table)} as seq`.execute(from);
    return rows[0]!.seq;
  };
  if (!isPostgres(db)) return newest(db);
  // Each statement sees what was committed before it began, the second one what the first has waited for.
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(NUMBERS_LOCK)})`.execute(tx);
      return newest(tx);
    });
}

/**
 * Makes what PostgreSQL takes the numbers from. It lies beside the tables of the migrations, as the row of the writer: no backup holds it,
 * and after rows came from one it goes on behind them.
 */
export async function prepareNumbers(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(NUMBERS_LOCK)})`.execute(tx);
    for (const table of numbered) {
      const sequence = sql.raw(`${table}_number`);
      const { rows } = await sql<{
        made: boolean;
      }>`select to_regclass(${sequenceOf(table)}) is not null as made`.execute(tx);
      if (!rows[0]!.made) await sql`create sequence ${sequence} owned by ${sql.table(table)}.seq`.execute(tx);
      await sql`select setval(${sequenceOf(table)}, newest.seq) from (select max(seq) as seq from ${sql.table(table)}) as newest
        where newest.seq >= (select last_value from ${sequence})`.execute(tx);
    }
  });
}
