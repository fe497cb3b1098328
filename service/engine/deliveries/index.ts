export type { ChangeByHand } from './by-hand/change-by-hand.ts';
export type { Callbacks } from './callbacks.ts';
export {
  type Deliveries,
  Delivery,
  type DeliveryAttempt,
  type DeliveryState,
  deliveryStates,
  EndpointHealth,
  type EventLog,
  EventRecord,
  exampleOfDelivery,
} from './delivery.ts';
export { selectLastAttempts } from './delivery-store.ts';
export { createEventDelivery, type EventDelivery, type EventDeliveryDeps } from './event-delivery.ts';
export { createDeliveryData } from './personal-data.ts';
export { createDeliveryQueue, type DeliveryQueue, type DeliveryQueueDeps } from './queue.ts';
export { type DeliveryKind, deliveryKinds, type NewDelivery } from './queue-store.ts';
export type { DeliveryHandler, DueDelivery, Outcome } from './record-ends.ts';
export type { Relay } from './relay.ts';
