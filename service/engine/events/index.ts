export type {
  CheckOutcome,
  DomainEvent,
  EventPayloads,
  EventType,
  RecordedEvent,
} from './domain-event.ts';
export { createEvents, type EventRealm, type Events } from './events.ts';
export {
  ERASED_PAYLOAD,
  eventColumns,
  type OpenedEvent,
  type OpenSealer,
  type OutboxRow,
  openEvents,
} from './recorded-event-store.ts';
