import type { DeleteQueryBuilder, SelectQueryBuilder } from 'kysely';

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
