import type { DeliveryId, EndpointId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { type RowIntegrity, withMac } from '../../storage/keys/protected-tables.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Delivery } from './delivery.ts';

/** A delivery that waits for its first attempt. */
export interface NewDelivery {
  id: DeliveryId;
  organization: OrganizationId;
  world: World;
  endpoint: EndpointId;
  /** Row of the outbox. */
  event: string;
  name: string;
  /** The person of the event. */
  subject: SubjectId | undefined;
  origin: Exclude<Delivery['origin'], 'test'>;
  /** Of a callback. */
  url?: Uint8Array;
  /** The lane of its first attempt, where it is not the endpoint's. */
  lane?: string | undefined;
}

/** Written one after the other in pieces of so many: some milliseconds of the event loop. */
const PIECE = 100;

/** With one job each, in this order. */
export async function insertDeliveries(
  tx: Tx,
  integrity: RowIntegrity,
  deliveries: readonly NewDelivery[],
  jobs: readonly string[],
  now: number,
): Promise<void> {
  for (let from = 0; from < deliveries.length; from += PIECE) {
    const piece = deliveries.slice(from, from + PIECE);
    await tx
      .insertInto('webhook_delivery')
      .values(
        piece.map((one, i) =>
          withMac(integrity, 'webhook_delivery', {
            id: one.id,
            organization: one.organization,
            world: one.world,
            endpoint: one.endpoint,
            event: one.event,
            event_name: one.name,
            subject: one.subject ?? null,
            origin: one.origin,
            url_sealed: one.url ?? null,
            lane: one.lane ?? null,
            job: jobs[from + i]!,
            state: 'waiting',
            state_reason: null,
            attempts: 0,
            next_at: now,
            created_at: now,
            finished_at: null,
          }),
        ),
      )
      .execute();
  }
}
