import { createHash } from 'node:crypto';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { DeliveryId, EndpointId, EventId, Ids, SubjectId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import type { Outgoing } from '../../../outgoing/outgoing.ts';
import type { Db, InTransaction, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import type { Destinations } from '../destinations/destination.ts';
import type { EventRealm, Events } from '../events.ts';
import { openEvents } from '../recorded-event-store.ts';
import type { Endpoint, Family, PayloadDialect, Webhooks } from '../webhooks/endpoint.ts';
import type { EndpointKeeping } from '../webhooks/endpoint-keeping.ts';
import type { EndpointWebhooks } from '../webhooks/webhooks.ts';
import { createAttempt, type Exchange } from './attempt.ts';
import { type ChangeByHand, createChangeByHand } from './by-hand/change-by-hand.ts';
import { createReplay, createResend, type ReplayDeps, type ResendDeps } from './by-hand/replay.ts';
import { createTestDelivery, type TestDeliveryDeps } from './by-hand/test-delivery.ts';
import { createDeliver, type ObservedAttempt, openWork } from './deliver.ts';
import type { Deliveries, DeliveryAttempt, EndpointHealth, EventLog } from './delivery.ts';
import {
  type DeliveryRow,
  type ExchangeSealer,
  exchangeField,
  openOwned,
  requireDelivery,
  sealOwned,
  selectAttempts,
  selectDeliveries,
  selectEventLog,
  toDelivery,
  urlField,
} from './delivery-store.ts';
import { createDeliveryUpkeep, type DeliveryUpkeep } from './delivery-upkeep.ts';
import { type DeliveryWork, selectWork } from './delivery-work-store.ts';
import {
  type CountedDelivery,
  countWaiting,
  selectAcceptedTimes,
  selectCounted,
} from './endpoint-health-store.ts';
import { createPayloads, type Payloads } from './payload.ts';
import type { DeliveryQueue } from './queue.ts';
import { selectEvent } from './queue-store.ts';
import { createRelay, type Relay, type RelayDeps } from './relay.ts';

export interface EventDeliveryDeps extends Pick<RelayDeps, 'alerts' | 'role' | 'timer'>, Foundation {
  sealer: ExchangeSealer;
  events: Events;
  webhooks: EndpointWebhooks;
  dialects: readonly PayloadDialect[];
  destinations: Pick<Destinations, 'check'>;
  outgoing: Pick<Outgoing, 'post'>;
  queue: DeliveryQueue;
  locks: Locks;
  /** Called after each attempt to deliver. */
  observed?: (attempt: ObservedAttempt) => void;
  /** Version of Gatehouse for the user agent of deliveries. */
  version: string;
  integrity: RowIntegrity;
}

/** How events leave: passed on from the outbox, delivered, kept in a log. */
export interface EventDelivery {
  relay: Relay;
  deliveries: Deliveries;
  byHand: Pick<ChangeByHand, 'retry' | 'cancel'>;
  eventLog: EventLog;
  callbacks: Callbacks;
  deliveryUpkeep: Pick<DeliveryUpkeep, 'dropUndelivered' | 'prune'>;
}

/** Gives the queue its handler of `webhook`; before it is started. */
export function createEventDelivery(deps: EventDeliveryDeps): EventDelivery {
  const { events, webhooks: endpoints, queue } = deps;
  const payloads = createPayloads(deps);
  const attempt = createAttempt(deps);
  const upkeep = createDeliveryUpkeep({ ...deps, endpoints });
  const { switchedOff } = upkeep;
  queue.handle('webhook', createDeliver({ ...deps, endpoints, payloads, attempt, switchedOff }));
  const byHand = createChangeByHand({ ...deps, endpoints });
  const relay = createRelay({ ...deps, endpoints, upkeep });
  events.onAdded(relay.wake);
  return {
    relay,
    deliveries: createDeliveries({ ...deps, endpoints, payloads, attempt, byHand }),
    byHand,
    eventLog: createEventLog(deps),
    callbacks: createCallbacks({ ...deps, endpoints }),
    deliveryUpkeep: upkeep,
  };
}

type DeliveriesDeps = TestDeliveryDeps &
  ReplayDeps &
  ResendDeps &
  EndpointHealthDeps & { byHand: Pick<ChangeByHand, 'tryWaiting'> };

function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { db, inTransaction, sealer, payloads, audit, integrity } = deps;

  /** The body that was sent, built again; empty if the event was removed. */
  async function bodyOf(row: DeliveryRow, work: DeliveryWork): Promise<string> {
    if (row.event === null) return textOf(payloads.sample(row.event_name, row.id));
    const opened = await openWork(sealer, work);
    return opened ? textOf(payloads.of(familyOf(row.event_name), opened)) : '';
  }

  async function logOf(row: DeliveryRow): Promise<DeliveryAttempt[]> {
    const work = (await selectWork(db, integrity, [row.id])).get(row.id);
    const attempts = await selectAttempts(db, row.id);
    if (work === undefined || attempts.length === 0) return [];
    const body = await bodyOf(row, work);
    return Promise.all(
      attempts.map(async ({ id, number, at, outcome, status, milliseconds, exchange_sealed }) => {
        const kept =
          exchange_sealed && (await openOwned<Exchange>(sealer, work, exchangeField(id), exchange_sealed));
        return {
          number,
          at,
          outcome,
          status: status ?? undefined,
          milliseconds,
          exchange: kept ? { request: { ...kept.request, body }, response: kept.response } : undefined,
        };
      }),
    );
  }

  return {
    ...createEndpointHealth(deps),
    list: (realm, query) => selectDeliveries(db, realm, query),

    async get(realm, id, actor) {
      const row = await requireDelivery(db, realm, id);
      const log = await logOf(row);
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'delivery.read',
          organization: realm.organization,
          target: row.id,
          details: { world: realm.world, ...(row.subject === null ? {} : { subject: row.subject }) },
        }),
      );
      return { ...toDelivery(row), log };
    },

    resend: createResend(deps),
    replay: createReplay(deps),
    test: createTestDelivery(deps),
    tryWaiting: deps.byHand.tryWaiting,
  };
}

export const createEventLog = ({ db }: { db: Db }): EventLog => ({
  async list(realm, query) {
    const rows = await selectEventLog(db, realm, query);
    return rows.map(({ payload, ...row }) => ({
      ...row,
      payload: parseJson<Record<string, unknown>>(payload) ?? {},
    }));
  },
});

/** The family of `<family>.<event>`. */
const familyOf = (name: string) => name.slice(0, name.indexOf('.')) as Family;

const textOf = (payload: ReturnType<Payloads['sample']>): string =>
  payload.is === 'body' ? new TextDecoder().decode(payload.body) : '';

/** Deliveries to a URL from a call, besides the endpoints: signed, retried and logged in the same way. */
export interface Callbacks {
  /**
   * Called before the URL is accepted from a caller. Throws as `Destinations.check`. From then on the endpoint is there that signs the
   * callbacks of the family, so that the receiver can have its secret before the first one comes.
   */
  accept(realm: EventRealm, callback: { family: Family; url: string }): Promise<void>;
  /**
   * The event of `events.add`, in the same transaction. Undefined where the family does not publish it. The URL is kept sealed,
   * and checked again at each attempt.
   */
  addCallback(
    tx: Tx,
    realm: EventRealm,
    callback: { family: Family; url: string; event: EventId },
  ): Promise<DeliveryId | undefined>;
}

interface CallbacksDeps {
  inTransaction: InTransaction;
  sealer: ExchangeSealer;
  dialects: readonly PayloadDialect[];
  endpoints: Pick<EndpointKeeping, 'callbackEndpoint'>;
  destinations: Pick<Destinations, 'check'>;
  queue: Pick<DeliveryQueue, 'add'>;
  ids: Pick<Ids, 'next'>;
}

function createCallbacks({
  inTransaction,
  sealer,
  dialects,
  endpoints,
  destinations,
  queue,
  ids,
}: CallbacksDeps): Callbacks {
  return {
    async accept(realm, { family, url }) {
      await destinations.check(realm.organization, url);
      await inTransaction((tx) => endpoints.callbackEndpoint(tx, realm, family));
    },
    async addCallback(tx, realm, { family, url, event }) {
      const row = await selectEvent(tx, event);
      const [opened] = row ? await openEvents(sealer, [row]) : [];
      if (row === undefined || opened?.is !== 'open')
        throw new Error(`The event ${event} of a callback is not in the outbox of this transaction.`);
      const name = dialects.find((one) => one.family === family)?.translate(opened.event)?.name;
      if (name === undefined) return undefined;
      const id = ids.next('delivery');
      const subject = (row.subject as SubjectId | null) ?? undefined;
      const delivery = {
        id,
        ...realm,
        endpoint: await endpoints.callbackEndpoint(tx, realm, family),
        event,
        name,
        subject,
        origin: 'callback',
        url: await sealOwned(sealer, { ...realm, subject }, urlField(id), { url }),
        lane: callbackLane(realm, new URL(url).host),
      } as const;
      await queue.add(tx, [delivery]);
      return id;
    },
  };
}

/** Lanes of an organization's callbacks in one world: a name below which every host is another is no way to have more than others. */
const CALLBACK_LANES = 16;

/** Callbacks to a host wait for each other, and for those of a few other hosts of the organization. */
function callbackLane({ organization, world }: EventRealm, host: string): string {
  const [first] = createHash('sha256').update(host).digest();
  return `callback/${organization}/${world}/${first! % CALLBACK_LANES}`;
}

interface EndpointHealthDeps extends Pick<Foundation, 'db' | 'clock'> {
  endpoints: Pick<Webhooks, 'get' | 'list'>;
}

const HOUR = 3_600_000;
const HOURS = 24;
/** Deliveries that are counted of one endpoint: in a list of endpoints, and alone. The rest of a busy day is left out. */
const MOST_IN_LIST = 500;
const MOST = 5_000;
/** Accepted deliveries that the median is taken of. */
const TIMED = 200;

/** How endpoints fared in the last 24 hours, from a bounded number of rows. */
function createEndpointHealth({
  db,
  endpoints,
  clock,
}: EndpointHealthDeps): Pick<Deliveries, 'health' | 'healthOf'> {
  async function judge(
    id: EndpointId,
    waiting: Awaited<ReturnType<typeof countWaiting>>,
    most: number,
  ): Promise<EndpointHealth> {
    const since = clock.now() - HOURS * HOUR;
    const found = await selectCounted(db, id, { since, limit: most + 1 });
    const counted = found.slice(0, most);
    const accepted = counted.filter(({ state }) => state === 'delivered');
    const times = await selectAcceptedTimes(
      db,
      accepted.slice(0, TIMED).map((one) => one.id),
    );
    return {
      endpoint: id,
      since: found.length > most ? counted.at(-1)!.createdAt : since,
      deliveries: counted.length,
      accepted: accepted.length,
      failed: counted.filter(({ state }) => state === 'failed').length,
      medianMilliseconds: medianOf(times),
      hours: toHours(counted, since),
      waiting: waiting.get(id)?.waiting ?? 0,
      nextAt: waiting.get(id)?.nextAt,
    };
  }
  const shown = ({ kind }: Endpoint) => kind === 'endpoint';

  return {
    async health(realm) {
      const waiting = await countWaiting(db, realm);
      const judged: EndpointHealth[] = [];
      for (const { id } of (await endpoints.list(realm)).filter(shown))
        judged.push(await judge(id, waiting, MOST_IN_LIST));
      return judged;
    },
    async healthOf(realm, id) {
      const endpoint = await endpoints.get(realm, id);
      return judge(endpoint.id, await countWaiting(db, realm), MOST);
    },
  };
}

/** By the hour in which deliveries were made, the oldest first. */
function toHours(counted: readonly CountedDelivery[], since: number): EndpointHealth['hours'] {
  const hours = Array.from({ length: HOURS }, (_, i) => ({
    at: since + i * HOUR,
    deliveries: 0,
    accepted: 0,
  }));
  for (const { state, createdAt } of counted) {
    const hour = hours[Math.min(HOURS - 1, Math.max(0, Math.floor((createdAt - since) / HOUR)))]!;
    hour.deliveries++;
    if (state === 'delivered') hour.accepted++;
  }
  return hours;
}

/** Undefined of nothing. */
function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : middle === 0
      ? undefined
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
