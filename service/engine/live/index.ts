export {
  defaultTexts,
  type Flow,
  FlowDefinition,
  type FlowProduct,
  flowProducts,
  readRedirectTarget,
  redirectRefusal,
} from './flows/flow.ts';
export { createFlows, type Flows } from './flows/flows.ts';
export {
  type Completed,
  type Hosted,
  type HostedLink,
  hostedReasons,
  type LinkAsker,
  type NewLink,
} from './orders/hosted.ts';
export { deleteOrdersOf, StoredResult, StoredTerms } from './orders/order-store.ts';
export { createOrders, type Orders, type OrdersDeps } from './orders/orders.ts';
export { createOrderData } from './orders/personal-data.ts';
export {
  type CancelReason,
  type Presence,
  type PresenceCaller,
  type PresenceOrder,
  type PresenceProof,
  type PresenceSession,
  TOKEN_LIFE,
} from './orders/presence.ts';
export type { TokenVerdict } from './orders/presence-token.ts';
export type {
  DataRequest,
  FailureCode,
  NewRegistration,
  Registration,
  RegistrationState,
  Registrations,
} from './orders/registrations.ts';
export { createApiEnd } from './sessions/api-end.ts';
export { createSessions } from './sessions/create-sessions.ts';
export {
  type BeginOptions,
  type BegunSession,
  type LinkDescription,
  type LinkKind,
  type LinkResolver,
  linkKinds,
} from './sessions/link.ts';
export { pageConsent, uniqueConsent } from './sessions/page-consent.ts';
export { createSessionData } from './sessions/personal-data.ts';
export {
  type DecidedSession,
  type FlowHandler,
  type NewSession,
  riskFlags,
  type Session,
  type SessionDecision,
  type SessionFlow,
  type SessionResult,
  type SessionRiskFlag,
  sessionDecisions,
  sessionFlows,
  sessionStates,
  sessionWaits,
  type WholeSession,
} from './sessions/session.ts';
export { countWaitingSessions, deleteSessionsOf } from './sessions/session-store.ts';
export type { FrameLink, LiveState, Sessions } from './sessions/sessions.ts';
