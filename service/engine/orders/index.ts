export type { Completed, HostedLink, HostedReason, HostedStatus, LinkAsker, NewLink } from './hosted.ts';
export { type Hosted, hostedReasons } from './hosted.ts';
export { deleteOrdersOf } from './order-store.ts';
export { createOrders, type Orders, type OrdersDeps } from './orders.ts';
export { createOrderData } from './personal-data.ts';
export type {
  CancelReason,
  Presence,
  PresenceCaller,
  PresenceOrder,
  PresenceProof,
  PresenceSession,
} from './presence.ts';
export { TOKEN_LIFE } from './presence.ts';
export type { PresenceStatement, TokenRefusal, TokenVerdict, VerifyTokenOrder } from './presence-token.ts';
export type {
  DataRequest,
  FailureCode,
  NewRegistration,
  Registration,
  RegistrationState,
  Registrations,
} from './registrations.ts';
