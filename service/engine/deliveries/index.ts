export type { ChangeByHand } from './by-hand/change-by-hand.ts';
export type { Callbacks } from './callbacks.ts';
export type {
  Deliveries,
  DeliveryAttempt,
  DeliveryState,
  EventLog,
} from './delivery.ts';
export { Delivery, deliveryStates, EndpointHealth, EventRecord, exampleOfDelivery } from './delivery.ts';
export { selectLastAttempts } from './delivery-store.ts';
export type { EventDelivery, EventDeliveryDeps } from './event-delivery.ts';
export { createEventDelivery } from './event-delivery.ts';
export { createDeliveryData } from './personal-data.ts';
export type { DeliveryQueue, DeliveryQueueDeps } from './queue.ts';
export { createDeliveryQueue } from './queue.ts';
export type { DeliveryKind, NewDelivery } from './queue-store.ts';
export { deliveryKinds } from './queue-store.ts';
export type { DeliveryHandler, DueDelivery, Outcome } from './record-ends.ts';
export type { Relay } from './relay.ts';
