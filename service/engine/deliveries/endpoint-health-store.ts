import { sql } from 'kysely';
import { firstIdAt } from '../../lib/id.ts';
import type { Db } from '../../storage/transaction.ts';
import type { EventRealm } from '../events/index.ts';

/** One delivery, as far as it counts. */
export interface CountedDelivery {
  id: string;
  state: string;
  createdAt: number;
}

/** Deliveries to the endpoint since a time, without tests, the newest first. */
export async function selectCounted(
  db: Db,
  endpoint: string,
  { since, limit }: { since: number; limit: number },
): Promise<CountedDelivery[]> {
  return db
    .selectFrom('delivery')
    .select(['id', 'state', 'created_at as createdAt'])
    .where('endpoint', '=', endpoint)
    .where('id', '>=', firstIdAt('delivery', since))
    .where('origin', '!=', 'test')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** How long the accepted attempts of these deliveries took. */
export async function selectAcceptedTimes(db: Db, deliveries: readonly string[]): Promise<number[]> {
  if (deliveries.length === 0) return [];
  const rows = await db
    .selectFrom('delivery_attempt')
    .select('milliseconds')
    .where('delivery', 'in', deliveries)
    .where('outcome', '=', 'delivered')
    .execute();
  return rows.map(({ milliseconds }) => Number(milliseconds));
}

/** What waits of one world, by endpoint. Reads the index of what waits, which the literal opens. */
export async function countWaiting(
  db: Db,
  { organization, world }: EventRealm,
): Promise<Map<string, { waiting: number; nextAt: number | undefined }>> {
  const rows = await db
    .selectFrom('delivery')
    .select(({ fn }) => ['endpoint', fn.countAll<number>().as('waiting'), fn.min('next_at').as('nextAt')])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('state', '=', sql.lit('waiting'))
    .where('endpoint', 'is not', null)
    .groupBy('endpoint')
    .$narrowType<{ endpoint: string }>()
    .execute();
  return new Map(
    rows.map(({ endpoint, waiting, nextAt }) => [
      endpoint,
      { waiting: Number(waiting), nextAt: nextAt === null ? undefined : Number(nextAt) },
    ]),
  );
}
