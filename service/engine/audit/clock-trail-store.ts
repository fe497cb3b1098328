import { sql } from 'kysely';
import type { Db } from '../../storage/transaction.ts';

/** The newest line of a chain; undefined when there is none. */
export async function readNewestTime(
  db: Db,
  chain: string,
): Promise<{ seq: number; at: number } | undefined> {
  const row = await db
    .selectFrom('audit')
    .select(['seq', 'at'])
    .where('chain', '=', chain)
    .where('seq', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { seq: Number(row.seq), at: Number(row.at) };
}

/** The longest step of the time forward, and back, from one line of a chain to the next, from line `first` on: a chain has one clock. */
export async function readClockJumps(
  db: Db,
  chain: string,
  first: number,
): Promise<{ ahead: number; back: number }> {
  const { rows } = await sql<{ ahead: number | null; back: number | null }>`
    select max(step) as ahead, -min(step) as back
    from (select at - lag(at) over (order by seq) as step from audit where chain = ${chain} and seq >= ${first}) as steps
  `.execute(db);
  const [row] = rows;
  return { ahead: Number(row?.ahead ?? 0), back: Number(row?.back ?? 0) };
}
