import { sql } from 'kysely';
import {
  type DeliveryId,
  type EndpointId,
  firstIdAt,
  type OrganizationId,
  type SubjectId,
  type World,
} from '../../lib/id.ts';
import { isSound, macOf, type RowIntegrity } from '../../storage/keys/protected-tables.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { OutboxRow } from '../events/index.ts';
import type { Delivery } from './delivery.ts';
import { ERASED } from './payload.ts';
import { dropDeliveredOf } from './until-delivered-store.ts';

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

/** A failed delivery is open again when an operator retries its dead job. */
export const isOpen = ({ state, altered }: Pick<DeliveryWork, 'state' | 'altered'>): boolean =>
  !altered && (openStates as readonly string[]).includes(state);

/** Those in which a delivery may still be sent. Only these have a MAC where an earlier release wrote the row. */
const openStates = ['waiting', 'failed'] as const;

const isAltered = (row: { state: string; mac: string | null }, integrity: RowIntegrity): boolean =>
  !isSound(integrity, 'webhook_delivery', row) &&
  (row.mac !== null || (openStates as readonly string[]).includes(row.state));

/** By id; those that are gone are missing. Some hundred at a time. */
export async function selectWork(
  db: Db | Tx,
  integrity: RowIntegrity,
  ids: readonly string[],
): Promise<Map<string, DeliveryWork>> {
  const rows = await db
    .selectFrom('webhook_delivery as d')
    .leftJoin('outbox as o', 'o.id', 'd.event')
    .select([
      'd.id',
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

/** A line of the delivery log. */
export interface AttemptRow {
  id: string;
  delivery: string;
  number: number;
  at: number;
  outcome: string;
  status: number | null;
  milliseconds: number;
  exchange: Uint8Array | null;
}

/** Whether something that happened since was sent to the endpoint before; ms since 1970. */
export async function wasTriedBetween(
  tx: Tx,
  endpoint: EndpointId,
  { since, before }: { since: number; before: number },
): Promise<boolean> {
  const one = await tx
    .selectFrom('webhook_delivery as d')
    .innerJoin('webhook_attempt as a', 'a.delivery', 'd.id')
    .select('d.id')
    .where('d.endpoint', '=', endpoint)
    .where('d.id', '>=', firstIdAt('delivery', since))
    .where('a.at', '<', before)
    // The oldest first: those were sent, if any was.
    .orderBy('d.id')
    .limit(1)
    .executeTakeFirst();
  return one !== undefined;
}

/** An existing row stays: after a crash a job's end may be recorded again. */
export async function insertAttempts(tx: Tx, rows: readonly AttemptRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insertInto('webhook_attempt')
    .values(
      rows.map(({ exchange, ...row }) => ({
        ...row,
        milliseconds: Math.round(row.milliseconds * 100) / 100,
        exchange_sealed: exchange,
      })),
    )
    .onConflict((conflict) => conflict.columns(['delivery', 'number']).doNothing())
    .execute();
}

/** Outcome of a delivery. */
export interface Settled {
  id: string;
  state: 'waiting' | 'delivered' | 'failed' | 'dropped';
  reason: string | null;
  attempts: number;
  /** Null: it is over. */
  nextAt: number | null;
  /** It waits, but no job is left for it: until its endpoint is enabled again. */
  parked?: boolean;
}

/** Settles open deliveries only: an erasure may have dropped one or removed its reason meanwhile. */
export async function settleDeliveries(
  tx: Tx,
  integrity: RowIntegrity,
  settled: readonly Settled[],
  now: number,
): Promise<void> {
  await settle(tx, integrity, settled, now);
  const over = settled.filter(({ state }) => state !== 'waiting');
  await dropDeliveredOf(
    tx,
    over.map(({ id }) => id),
  );
}

/** A row that another program altered is settled too, and stays altered. */
async function settle(
  tx: Tx,
  integrity: RowIntegrity,
  settled: readonly Settled[],
  now: number,
): Promise<void> {
  if (settled.length === 0) return;
  const macs = await macsAfter(tx, integrity, settled);
  const rows = settled.map(
    ({ id, state, reason, attempts, nextAt, parked }) =>
      sql`(${id}, ${state}, cast(${reason} as text), cast(${attempts} as bigint), cast(${nextAt} as bigint), cast(${
        state === 'waiting' ? null : now
      } as bigint), cast(${parked ? 1 : 0} as bigint), cast(${macs.get(id) ?? null} as text))`,
  );
  await sql`update webhook_delivery set
      state = v.column2, state_reason = v.column3, attempts = v.column4, next_at = v.column5, finished_at = v.column6,
      job = case when v.column7 = 1 then null else webhook_delivery.job end, mac = v.column8
    from (values ${sql.join(rows)}) as v
    where webhook_delivery.id = v.column1 and webhook_delivery.state in ('waiting', 'failed')
      and coalesce(webhook_delivery.state_reason, '') <> ${ERASED}`.execute(tx);
}

/** The MACs of rows once they have these states. */
export async function macsAfter(
  tx: Tx,
  integrity: RowIntegrity,
  states: readonly { id: string; state: string }[],
): Promise<Map<string, string | null>> {
  const found = await tx
    .selectFrom('webhook_delivery')
    .select(['id', 'organization', 'world', 'endpoint', 'event', 'event_name', 'origin', 'lane', 'state'])
    .select(['created_at', 'mac'])
    .where(
      'id',
      'in',
      states.map(({ id }) => id),
    )
    .execute();
  const stateOf = new Map(states.map(({ id, state }) => [id, state]));
  return new Map(
    found.map((row) => [
      row.id,
      isSound(integrity, 'webhook_delivery', row)
        ? macOf(integrity, 'webhook_delivery', { ...row, state: stateOf.get(row.id)! })
        : row.mac,
    ]),
  );
}
