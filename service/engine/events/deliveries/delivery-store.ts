import type { Selectable } from 'kysely';
import { defined } from '../../../lib/defined.ts';
import {
  type DeliveryId,
  type EndpointId,
  firstIdAt,
  type OrganizationId,
  type SubjectId,
  type World,
} from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type RowIntegrity, withMac } from '../../../storage/keys/protected-tables.ts';
import { isWaiting } from '../../../storage/legal-holds.ts';
import { nextNumber, numberedThrough } from '../../../storage/numbers.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import { type Sealer, sealJson } from '../../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm } from '../events.ts';
import { reasonCodeOf } from '../reasons.ts';
import { eventColumns, type OutboxRow } from '../recorded-event-store.ts';
import type { Delivery, DeliveryQuery, DeliveryState } from './delivery.ts';

export type DeliveryRow = Selectable<Schema['delivery']>;

const ofRealm = (db: Db | Tx, { organization, world }: EventRealm) =>
  db
    .selectFrom('delivery')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('kind', '=', 'webhook');

/** Newest first. */
export async function selectDeliveries(
  db: Db,
  realm: EventRealm,
  { id, endpoint, event, name, subject, state, since, until, before, limit }: DeliveryQuery,
): Promise<Delivery[]> {
  let query = ofRealm(db, realm);
  if (id !== undefined) query = query.where('id', '=', id);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (event !== undefined) query = query.where('event', '=', event);
  if (name !== undefined) query = query.where('event_name', '=', name);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (state !== undefined) query = query.where('state', '=', state);
  // Ids sort by time, and have the index.
  if (since !== undefined) query = query.where('id', '>=', firstIdAt('delivery', since));
  if (until !== undefined) query = query.where('id', '<', firstIdAt('delivery', until));
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  const last = await selectLastAttempts(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ ...toDelivery(row), ...defined({ last: last.get(row.id) }) }));
}

/** The newest attempt of each delivery that was tried. */
export async function selectLastAttempts(
  db: Db,
  deliveries: readonly string[],
): Promise<Map<string, NonNullable<Delivery['last']>>> {
  if (deliveries.length === 0) return new Map();
  const rows = await db
    .selectFrom('delivery_attempt')
    .select(['delivery', 'at', 'outcome', 'status', 'milliseconds'])
    .where('delivery', 'in', deliveries)
    .orderBy('number')
    .execute();
  return new Map(
    rows.map(({ delivery, at, outcome, status, milliseconds }) => [
      delivery,
      { at, outcome, status: status ?? undefined, milliseconds },
    ]),
  );
}

export const selectDelivery = (
  db: Db | Tx,
  realm: EventRealm,
  id: string,
): Promise<DeliveryRow | undefined> => ofRealm(db, realm).where('id', '=', id).executeTakeFirst();

export const selectAttempts = (db: Db, delivery: string) =>
  db.selectFrom('delivery_attempt').selectAll().where('delivery', '=', delivery).orderBy('number').execute();

/** The rows of the outbox from `after` to `until` (by `seq`) that happened in [since, before), in order. */
export async function selectEventsBetween(
  db: Db | Tx,
  { organization, world }: EventRealm,
  { after, until, since, before }: { after: number; until: number; since: number; before: number },
): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .select(eventColumns)
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('created_at', '>=', since)
    .where('created_at', '<', before)
    .where('relayed_at', 'is not', null)
    .orderBy('seq')
    .execute();
}

/** The first `seq` there is, and the last: no event up to it comes later. Undefined for an empty outbox. */
export async function selectSeqs(db: Db): Promise<{ first: number; last: number } | undefined> {
  const last = await numberedThrough(db, 'outbox');
  const first = await db
    .selectFrom('outbox')
    .select('seq')
    .where('seq', 'is not', null)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return first && { first: Number(first.seq), last };
}

/** What waits for its attempt at the endpoint, the oldest first. What waits without a time waits for the endpoint to be enabled. */
export const selectWaitingOf = (tx: Tx, endpoint: EndpointId, limit: number): Promise<DeliveryRow[]> =>
  tx
    .selectFrom('delivery')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where(isWaiting)
    .where('next_at', 'is not', null)
    .orderBy('id')
    .limit(limit)
    .execute();

/** Of any organization and kind; a test is no part of the queue. */
export const selectQueued = (from: Db | Tx, id: string): Promise<DeliveryRow | undefined> =>
  from
    .selectFrom('delivery')
    .selectAll()
    .where('id', '=', id)
    .where('origin', '!=', 'test')
    .executeTakeFirst();

/** Whether a delivery of a replay to this endpoint still waits for its first attempt. */
export const hasUntriedReplay = (db: Db | Tx, endpoint: EventRealm & { id: EndpointId }): Promise<boolean> =>
  ofRealm(db, endpoint)
    .where('endpoint', '=', endpoint.id)
    .where(isWaiting)
    .where('origin', '=', 'replay')
    .where('attempts', '=', 0)
    .limit(1)
    .$call(findsRow);

/** A test delivery: sent already, with one attempt. */
export async function insertTest(
  tx: Tx,
  integrity: RowIntegrity,
  row: {
    id: DeliveryId;
    realm: EventRealm;
    endpoint: EndpointId;
    name: string;
    state: 'delivered' | 'failed';
    reason: string | null;
    at: number;
  },
): Promise<void> {
  await tx
    .insertInto('delivery')
    .values(
      withMac(integrity, 'delivery', {
        id: row.id,
        seq: nextNumber(tx, 'delivery'),
        kind: 'webhook',
        ...row.realm,
        endpoint: row.endpoint,
        event: null,
        event_name: row.name,
        subject: null,
        origin: 'test',
        url_sealed: null,
        lane: null,
        state: row.state,
        state_reason: row.reason,
        attempts: 1,
        tries: 1,
        next_at: null,
        claimed_by: null,
        claimed_until: null,
        created_at: row.at,
        finished_at: row.at,
      }),
    )
    .execute();
}

/** What the outbox holds, newest first, with how many deliveries each event has. */
export async function selectEventLog(
  db: Db,
  { organization, world }: EventRealm,
  { type, before, limit }: { type?: string; before?: string; limit: number },
): Promise<{ id: string; type: string; at: number; payload: string; deliveries: number }[]> {
  let query = db
    .selectFrom('outbox')
    .select(({ selectFrom, fn }) => [
      'outbox.id',
      'outbox.type',
      'outbox.payload',
      'outbox.created_at as at',
      selectFrom('delivery')
        .select(fn.countAll<number>().as('n'))
        .whereRef('delivery.event', '=', 'outbox.id')
        .as('deliveries'),
    ])
    .where('outbox.organization', '=', organization)
    .where('outbox.world', '=', world);
  if (type !== undefined) query = query.where('outbox.type', '=', type);
  if (before !== undefined) query = query.where('outbox.id', '<', before);
  const rows = await query.orderBy('outbox.id', 'desc').limit(limit).execute();
  return rows.map((row) => ({ ...row, deliveries: Number(row.deliveries) }));
}

export const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id as DeliveryId,
  endpoint: row.endpoint as EndpointId,
  event: row.event ?? undefined,
  name: row.event_name,
  origin: row.origin as Delivery['origin'],
  state: stateOf(row),
  attempts: row.attempts,
  createdAt: row.created_at,
});

function stateOf(row: DeliveryRow): DeliveryState {
  const at = row.finished_at ?? row.created_at;
  const { state_reason } = row;
  const reason = state_reason ?? '';
  const code = defined({ reasonCode: reasonCodeOf(state_reason) });
  switch (row.state) {
    case 'delivered':
      return { is: 'delivered', at };
    case 'failed':
      return { is: 'failed', at, reason, ...code };
    case 'dropped':
      return { is: 'dropped', at, reason, ...code };
    default:
      return {
        is: 'waiting',
        nextAt: row.next_at ?? row.created_at,
        ...(state_reason !== null && { reason: state_reason }),
        ...code,
      };
  }
}

/** Throws NOT_FOUND. */
export async function requireDelivery(db: Db | Tx, realm: EventRealm, id: string): Promise<DeliveryRow> {
  const row = await selectDelivery(db, realm, id);
  if (row) return row;
  throw new Problem(
    'NOT_FOUND',
    `There is no delivery with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
  );
}

export type ExchangeSealer = Pick<Sealer, 'seal' | 'sealOwn' | 'openMany' | 'openOwn'>;

/** Owner of the data: the person of the event, otherwise the organization. */
export interface Owner {
  organization: OrganizationId;
  world: World;
  subject: SubjectId | undefined;
}

const VERSION = 1;

/** Columns of deliveries that may hold personal data. `field` names the column and its row. */
export async function sealOwned(
  sealer: Pick<Sealer, 'seal' | 'sealOwn'>,
  { organization, world, subject }: Owner,
  field: string,
  value: object,
): Promise<Uint8Array> {
  if (subject !== undefined) return sealJson(sealer, { organization, world, subject, field }, value);
  return sealer.sealOwn(
    { organization, field, version: VERSION },
    new TextEncoder().encode(JSON.stringify(value)),
  );
}

/** Undefined once the person was erased, and for what was changed on disk. */
export async function openOwned<T>(
  sealer: Pick<Sealer, 'openMany' | 'openOwn'>,
  { organization, world, subject }: Owner,
  field: string,
  sealed: Uint8Array,
): Promise<T | undefined> {
  const plain = await plainOf();
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as T);

  async function plainOf(): Promise<Uint8Array | undefined> {
    if (subject !== undefined) {
      const context = { organization, world, subject, field, version: VERSION };
      const [opened] = await sealer.openMany([{ context, sealed }]);
      return opened?.is === 'open' ? opened.plain : undefined;
    }
    try {
      return sealer.openOwn({ organization, field, version: VERSION }, sealed);
    } catch {
      return undefined;
    }
  }
}

export const exchangeField = (attempt: string) => `webhook_attempt.exchange/${attempt}`;
export const urlField = (delivery: string) => `webhook_delivery.url/${delivery}`;
