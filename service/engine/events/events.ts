import type { Clock } from '../../lib/clock.ts';
import type { EventId, Ids, OrganizationId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { DomainEvent } from './domain-event.ts';
import { insertEvent, type SealEvent, sealEvent, sealUntilDelivered } from './recorded-event-store.ts';

/** Written to the outbox in the same transaction as its change. Delivery reads it from there. */
export interface Events {
  /** Its id, which receivers see as `webhook-id`. */
  add(tx: Tx, event: DomainEvent): Promise<EventId>;
  /** `listener` is called for each that is added, before its transaction ends. */
  onAdded(listener: () => void): void;
}

export function createEvents({ ids, clock, sealer }: { ids: Ids; clock: Clock; sealer: SealEvent }): Events {
  const listeners: (() => void)[] = [];
  return {
    onAdded: (listener) => void listeners.push(listener),
    async add(tx, { type, organization, world, payload, personal }) {
      const id = ids.next('event');
      await insertEvent(tx, {
        id,
        organization,
        world,
        type,
        subject: personal?.subject ?? null,
        payload: JSON.stringify(payload),
        personal_sealed: personal
          ? await sealEvent(sealer, { id, organization, world, subject: personal.subject }, personal.values)
          : null,
        until_delivered_sealed: personal?.untilDelivered
          ? sealUntilDelivered(sealer, { id, organization }, personal.untilDelivered)
          : null,
        created_at: clock.now(),
        relayed_at: null,
      });
      for (const listener of listeners) listener();
      return id;
    },
  };
}

/** One organization in one world: what an event belongs to, and who may receive it. */
export interface EventRealm {
  organization: OrganizationId;
  world: World;
}
