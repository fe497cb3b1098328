import { sql } from 'kysely';
import type { EndpointId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

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
