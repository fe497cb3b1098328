export type { Callbacks } from './callbacks.ts';
export type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryQuery,
  DeliveryState,
  EventLog,
} from './delivery.ts';
export type { CheckedDestination, Destinations, Grant, Grants } from './destination.ts';
export type { OwnPlaces } from './destination-rules.ts';
export { createDestinations } from './destinations.ts';
export type { Family, FamilyEvent, PayloadDialect, SignatureDialect } from './dialect.ts';
export { families, PAYLOAD_LIMIT, signatureDialects } from './dialect.ts';
export type {
  AlertPayload,
  CheckOutcome,
  DomainEvent,
  EventPayloads,
  EventPersonal,
  EventType,
  RecordedEvent,
} from './domain-event.ts';
export type { Endpoint, EndpointChange, EventRealm, NewEndpoint, Webhooks } from './endpoint.ts';
export type { OpenEndpoint } from './endpoint-book.ts';
export type { EventDelivery, EventDeliveryDeps } from './event-delivery.ts';
export { createEventDelivery } from './event-delivery.ts';
export type { Events } from './events.ts';
export { createEvents } from './events.ts';
export { forgetDeliveries } from './forget-deliveries-store.ts';
export { describeGrant } from './grant-text.ts';
export { createGrants } from './grants.ts';
export type { Relay } from './relay.ts';
export type { EndpointWebhooks } from './webhooks.ts';
export { createWebhooks } from './webhooks.ts';
