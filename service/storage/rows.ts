import { type DeleteQueryBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Schema } from './schema.ts';
import type { Tx } from './transaction.ts';

// What is asked of a statement, at its end: `db.selectFrom('organization').select('id').$call(findsRow)`.

/** A statement that adds, changes or deletes rows. */
interface Change {
  executeTakeFirst(): Promise<{
    numInsertedOrUpdatedRows?: bigint | undefined;
    numUpdatedRows?: bigint;
    numDeletedRows?: bigint;
  }>;
}

/** Whether there was a row to add, change or delete. */
export async function changesRow(statement: Change): Promise<boolean> {
  const { numInsertedOrUpdatedRows, numUpdatedRows, numDeletedRows } = await statement.executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? numUpdatedRows ?? numDeletedRows ?? 0n) > 0n;
}

/** Whether there is a row that the query reads. */
export async function findsRow(query: { executeTakeFirst(): Promise<object | undefined> }): Promise<boolean> {
  return (await query.executeTakeFirst()) !== undefined;
}

/** How many rows a query reads that selects no column yet. */
// biome-ignore lint/suspicious/noExplicitAny: a query of any table
export async function countRows(query: SelectQueryBuilder<any, any, object>): Promise<number> {
  const { n } = await query.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return Number(n);
}

/** Deletes; gives how many rows there were. */
// biome-ignore lint/suspicious/noExplicitAny: a query of any table
export async function deleteRows(query: DeleteQueryBuilder<any, any, any>): Promise<number> {
  const { numDeletedRows } = await query.executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Changes rows of one world that name an address by its keyed hash: they name another from now on. */
export const moveAddress =
  <Table extends keyof Schema>(table: Table, column: keyof Schema[Table] & string) =>
  async (
    tx: Tx,
    { organization, world }: { organization: string; world: string },
    from: string,
    to: string,
  ): Promise<void> => {
    const hash = sql.ref(column);
    await sql`update ${sql.table(table)} set ${hash} = ${to} where organization = ${organization} and world = ${world} and ${hash} = ${from}`.execute(
      tx,
    );
  };
