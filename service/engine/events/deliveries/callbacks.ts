import type { DeliveryId, EventId, Ids, SubjectId } from '../../../lib/id.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Destinations } from '../destinations/destination.ts';
import type { EventRealm } from '../events.ts';
import { openEvents } from '../recorded-event-store.ts';
import type { Family, PayloadDialect } from '../webhooks/endpoint.ts';
import type { EndpointKeeping } from '../webhooks/endpoint-keeping.ts';
import { type ExchangeSealer, sealOwned, urlField } from './exchange-store.ts';
import type { DeliveryQueue } from './queue.ts';
import { selectEvent } from './queue-store.ts';

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

export interface CallbacksDeps {
  inTransaction: InTransaction;
  sealer: ExchangeSealer;
  dialects: readonly PayloadDialect[];
  endpoints: Pick<EndpointKeeping, 'callbackEndpoint'>;
  destinations: Pick<Destinations, 'check'>;
  queue: Pick<DeliveryQueue, 'add'>;
  ids: Pick<Ids, 'next'>;
}

export function createCallbacks({
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
        // Callbacks to one host wait only for each other.
        lane: `callback/${new URL(url).host}`,
      } as const;
      await queue.add(tx, [delivery]);
      return id;
    },
  };
}
