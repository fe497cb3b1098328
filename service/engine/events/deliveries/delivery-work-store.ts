import {
  type DeliveryId,
  type EndpointId,
  firstIdAt,
  type OrganizationId,
  type SubjectId,
  type World,
} from '../../../lib/id.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { OutboxRow } from '../recorded-event-store.ts';
import type { Delivery } from './delivery.ts';
import { isAltered } from './queue-store.ts';

/** A delivery with its row of the outbox. */
export interface DeliveryWork {
  id: DeliveryId;
  organization: OrganizationId;
  world: World;
  endpoint: EndpointId;
  event: string | null;
  name: string;
  subject: SubjectId | undefined;
  origin: Delivery['origin'];
  url: Uint8Array | null;
  /** Undefined: the endpoint's. */
  lane: string | undefined;
  state: string;
  attempts: number;
  /** Another program wrote or changed its row: it is not sent. */
  altered: boolean;
  /** Undefined where its term is over. */
  row: OutboxRow | undefined;
}

/** By id; those that are gone are missing. Some hundred at a time. */
export async function selectWork(
  db: Db | Tx,
  integrity: RowIntegrity,
  ids: readonly string[],
): Promise<Map<string, DeliveryWork>> {
  const rows = await db
    .selectFrom('delivery as d')
    .leftJoin('outbox as o', 'o.id', 'd.event')
    .select([
      'd.id',
      'd.kind',
      'd.organization',
      'd.world',
      'd.endpoint',
      'd.event',
      'd.event_name',
      'd.subject',
      'd.origin',
      'd.url_sealed',
      'd.lane',
      'd.state',
      'd.attempts',
      'd.created_at',
      'd.mac',
      'o.id as o_id',
      'o.type',
      'o.subject as o_subject',
      'o.payload',
      'o.personal_sealed',
      'o.until_delivered_sealed',
      'o.created_at as o_created_at',
    ])
    .where('d.id', 'in', ids)
    .where('d.kind', '=', 'webhook')
    .execute();
  return new Map(
    rows.map((one) => [
      one.id,
      {
        id: one.id as DeliveryId,
        organization: one.organization as OrganizationId,
        world: one.world as World,
        endpoint: one.endpoint as EndpointId,
        event: one.event,
        name: one.event_name,
        subject: (one.subject as SubjectId | null) ?? undefined,
        origin: one.origin as Delivery['origin'],
        url: one.url_sealed,
        lane: one.lane ?? undefined,
        state: one.state,
        attempts: one.attempts,
        altered: isAltered(one, integrity),
        row:
          one.o_id === null
            ? undefined
            : {
                id: one.o_id,
                organization: one.organization,
                world: one.world,
                type: one.type!,
                subject: one.o_subject,
                payload: one.payload!,
                personal_sealed: one.personal_sealed,
                until_delivered_sealed: one.until_delivered_sealed,
                created_at: one.o_created_at!,
              },
      },
    ]),
  );
}

/** Whether something that happened since was sent to the endpoint before; ms since 1970. */
export const wasTriedBetween = (
  tx: Tx,
  endpoint: EndpointId,
  { since, before }: { since: number; before: number },
): Promise<boolean> =>
  tx
    .selectFrom('delivery as d')
    .innerJoin('delivery_attempt as a', 'a.delivery', 'd.id')
    .select('d.id')
    .where('d.endpoint', '=', endpoint)
    .where('d.id', '>=', firstIdAt('delivery', since))
    .where('a.at', '<', before)
    // The oldest first: those were sent, if any was.
    .orderBy('d.id')
    .limit(1)
    .$call(findsRow);
