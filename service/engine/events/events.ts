import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import { insertEvent, type SealEvent, sealEvent } from './outbox-store.ts';

/** What happened, in the engine's words; the doors' dialects are made of it when it is delivered. */
export type EventType =
  | 'subject.enrolled'
  | 'subject.erased'
  | 'enrollment.refused'
  | 'verification.verified'
  | 'verification.refused'
  | 'verification.disabled'
  | 'consent.withdrawn';

export interface DomainEvent {
  type: EventType;
  organization: OrganizationId;
  world: World;
  /** Ids, counts, verdicts: nothing personal. */
  payload: Record<string, unknown>;
  /** What is personal (an e-mail address): sealed under that person's key, gone when the person is erased. */
  personal?: { subject: SubjectId; values: Record<string, unknown> };
}

/** Written to the outbox in the same transaction as the change it tells of. Delivery reads it from there. */
export interface Events {
  add(tx: Tx, event: DomainEvent): Promise<void>;
}

export interface EventsDeps {
  ids: Ids;
  clock: Clock;
  sealer: SealEvent;
}

export function createEvents({ ids, clock, sealer }: EventsDeps): Events {
  return {
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
          ? await sealEvent(sealer, { id, organization, subject: personal.subject }, personal.values)
          : null,
        created_at: clock.now(),
        relayed_at: null,
      });
    },
  };
}
