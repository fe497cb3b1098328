export type {
  CheckOutcome,
  DomainEvent,
  EventPayloads,
  EventType,
  RecordedEvent,
} from './domain-event.ts';
export { ERASED_PAYLOAD } from './erased-payload.ts';
export type { EventRealm } from './event-realm.ts';
export type { Events } from './events.ts';
export { createEvents } from './events.ts';
export type { OpenedEvent, OpenSealer, OutboxRow } from './recorded-event-store.ts';
export { eventColumns, openEvents } from './recorded-event-store.ts';
