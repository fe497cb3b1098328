import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import type { Db, InTransaction, RowIntegrity } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import type { Destinations } from '../destinations/index.ts';
import type { Events } from '../events/index.ts';
import type { RecurringWorks } from '../recurring/index.ts';
import type { EndpointWebhooks, PayloadDialect } from '../webhooks/index.ts';
import { createAttempt } from './attempt.ts';
import { type ChangeByHand, createChangeByHand } from './by-hand/change-by-hand.ts';
import { type Callbacks, createCallbacks } from './callbacks.ts';
import { createDeliver, type ObservedAttempt } from './deliver.ts';
import { createDeliveries, createEventLog } from './deliveries.ts';
import type { Deliveries, EventLog } from './delivery.ts';
import { createDeliveryUpkeep, type DeliveryUpkeep } from './delivery-upkeep.ts';
import type { ExchangeSealer } from './exchange-store.ts';
import { createPayloads } from './payload.ts';
import type { DeliveryQueue } from './queue.ts';
import { createRelay, type Relay, type RelayDeps } from './relay.ts';

export interface EventDeliveryDeps extends Pick<RelayDeps, 'alerts' | 'timer'> {
  db: Db;
  inTransaction: InTransaction;
  sealer: ExchangeSealer;
  events: Events;
  webhooks: EndpointWebhooks;
  dialects: readonly PayloadDialect[];
  destinations: Pick<Destinations, 'check'>;
  outgoing: Pick<Outgoing, 'post'>;
  queue: DeliveryQueue;
  recurring: Pick<RecurringWorks, 'add'>;
  audit: Audit;
  /** Called after each attempt to deliver. */
  observed?: (attempt: ObservedAttempt) => void;
  /** Version of Gatehouse for the user agent of deliveries. */
  version: string;
  ids: Ids;
  clock: Clock;
  log: Log;
  integrity: RowIntegrity;
}

const HOUR = 3_600_000;

/** How events leave: passed on from the outbox, delivered, kept in a log. */
export interface EventDelivery {
  relay: Relay;
  deliveries: Deliveries;
  byHand: Pick<ChangeByHand, 'retry' | 'cancel'>;
  eventLog: EventLog;
  callbacks: Callbacks;
  deliveryUpkeep: Pick<DeliveryUpkeep, 'dropUndelivered'>;
}

/** Gives the queue its handler of `webhook`; before it is started. */
export function createEventDelivery(deps: EventDeliveryDeps): EventDelivery {
  const { webhooks: endpoints, queue, recurring } = deps;
  const payloads = createPayloads(deps);
  const attempt = createAttempt(deps);
  const upkeep = createDeliveryUpkeep({ ...deps, endpoints });
  const { switchedOff } = upkeep;
  queue.handle('webhook', createDeliver({ ...deps, endpoints, payloads, attempt, switchedOff }));
  recurring.add('deliveries-prune', { every: HOUR, run: () => upkeep.prune() });
  const byHand = createChangeByHand({ ...deps, endpoints });
  return {
    relay: createRelay({ ...deps, endpoints, upkeep }),
    deliveries: createDeliveries({ ...deps, endpoints, payloads, attempt, byHand }),
    byHand,
    eventLog: createEventLog(deps),
    callbacks: createCallbacks({ ...deps, endpoints }),
    deliveryUpkeep: upkeep,
  };
}
