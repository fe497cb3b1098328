import { sql } from 'kysely';
import { type EndpointId, firstIdAt } from '../../../lib/id.ts';
import { noDeliveryWaits } from '../../../storage/legal-holds.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm } from '../events.ts';

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

export interface ParkedDelivery {
  id: string;
  createdAt: number;
}

/** Deliveries that wait without a time although their endpoint is enabled again; a page of them, oldest first of each endpoint. `except`: endpoints. */
export async function selectParked(
  db: Db | Tx,
  { limit, except }: { limit: number; except: readonly EndpointId[] },
): Promise<ParkedDelivery[]> {
  const rows = await db
    .selectFrom('webhook_endpoint')
    .innerJoin('delivery', 'delivery.endpoint', 'webhook_endpoint.id')
    .select(['delivery.id', 'delivery.created_at'])
    .where('webhook_endpoint.state', '=', 'enabled')
    // Exactly the condition of the index.
    .where(sql<boolean>`delivery.state = 'waiting' and delivery.next_at is null`)
    .$if(except.length > 0, (query) => query.where('webhook_endpoint.id', 'not in', except))
    .orderBy('delivery.endpoint')
    .orderBy('delivery.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.id, createdAt: row.created_at }));
}

/** Deliveries that wait without a time since before this moment, whatever the state of their endpoint. */
export async function selectParkedBefore(
  db: Db | Tx,
  before: number,
  limit: number,
): Promise<{ id: string }[]> {
  return db
    .selectFrom('delivery')
    .select('id')
    .where(sql<boolean>`state = 'waiting' and next_at is null`)
    .where('created_at', '<', before)
    .limit(limit)
    .execute();
}

/** First attempts, in the order in which they were added. */
export async function becomeDue(tx: Tx, ids: readonly string[], now: number): Promise<void> {
  await tx.updateTable('delivery').set({ next_at: now, tries: 0 }).where('id', 'in', ids).execute();
}

/** Parameters of one statement. */
const PAGE = 400;

/** Of these events, those that no delivery waits for any more lose what was kept until then. */
export async function dropDelivered(tx: Tx, events: readonly string[]): Promise<void> {
  for (let from = 0; from < events.length; from += PAGE)
    await tx
      .updateTable('outbox')
      .set({ until_delivered_sealed: null })
      .where('until_delivered_sealed', 'is not', null)
      .where('id', 'in', events.slice(from, from + PAGE))
      .where(noDeliveryWaits('outbox'))
      .execute();
}

/** The same of the events of these deliveries. */
export async function dropDeliveredOf(tx: Tx, deliveries: readonly string[]): Promise<void> {
  if (deliveries.length === 0) return;
  const events = await tx
    .selectFrom('delivery as d')
    .innerJoin('outbox as o', 'o.id', 'd.event')
    .select('o.id')
    .where('d.id', 'in', deliveries)
    .where('o.until_delivered_sealed', 'is not', null)
    .execute();
  await dropDelivered(
    tx,
    events.map(({ id }) => id),
  );
}

/** Of events from before this moment, delivered or not; how many there were, at most `limit`. */
export async function dropOlder(tx: Tx, before: number, limit: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('outbox')
    .set({ until_delivered_sealed: null })
    .where('id', 'in', (of) =>
      of
        .selectFrom('outbox')
        .select('id')
        .where('until_delivered_sealed', 'is not', null)
        .where('created_at', '<', before)
        .limit(limit),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
