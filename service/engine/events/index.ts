export {
  type Deliveries,
  Delivery,
  type DeliveryAttempt,
  deliveryStates,
  EndpointHealth,
  type EventLog,
  EventRecord,
  exampleOfDelivery,
} from './deliveries/delivery.ts';
export type { Callbacks } from './deliveries/event-delivery.ts';
export {
  createEventDelivery,
  type EventDelivery,
  type EventDeliveryDeps,
} from './deliveries/event-delivery.ts';
export { withMetadata } from './deliveries/payload.ts';
export { createDeliveryData } from './deliveries/personal-data.ts';
export { createDeliveryQueue, type DeliveryQueue, type DeliveryQueueDeps } from './deliveries/queue.ts';
export type { DeliveryKind, NewDelivery } from './deliveries/queue-store.ts';
export type { DeliveryHandler, DueDelivery, Outcome } from './deliveries/record-ends.ts';
export type { Relay } from './deliveries/relay.ts';
export type { Destinations, Grant, Grants } from './destinations/destination.ts';
export { type ApplianceAddresses, createDestinations } from './destinations/destination-rules.ts';
export { createGrants, describeGrant } from './destinations/grants.ts';
export type { CheckOutcome, DomainEvent, EventPayloads, EventType, RecordedEvent } from './domain-event.ts';
export { createEvents, type EventRealm, type Events } from './events.ts';
export { type BoardLinks, type BoardLinksDeps, createBoardLinks } from './jobs/board-links.ts';
export { Job, type JobKind, type JobState, jobKinds, jobStates } from './jobs/job.ts';
export { createJobs, type Jobs } from './jobs/jobs.ts';
export { PAYLOAD_LIMIT, SAMPLE_EVENT } from './reasons.ts';
export { openEvents } from './recorded-event-store.ts';
export {
  createRecurringWorks,
  createRole,
  ownRole,
  type RecurringWorks,
  type Role,
  type Work,
  type WorkKind,
} from './recurring/recurring-works.ts';
export {
  Endpoint,
  exampleOfEndpoint,
  families,
  type NewEndpoint,
  type PayloadDialect,
  type SignatureDialect,
  signatureDialects,
  type Translation,
  type Webhooks,
} from './webhooks/endpoint.ts';
export { damagedEndpoints } from './webhooks/endpoint-store.ts';
export { createWebhooks, type EndpointWebhooks } from './webhooks/webhooks.ts';
