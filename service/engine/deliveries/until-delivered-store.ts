import { noDeliveryWaits } from '../../storage/legal-holds.ts';
import type { Tx } from '../../storage/transaction.ts';

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
