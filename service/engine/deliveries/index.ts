export type { Callbacks } from './callbacks.ts';
export type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  EndpointHealth,
  EventLog,
} from './delivery.ts';
export type { EventDelivery, EventDeliveryDeps } from './event-delivery.ts';
export { createEventDelivery } from './event-delivery.ts';
export { createDeliveryData } from './personal-data.ts';
export type { Relay } from './relay/relay.ts';
