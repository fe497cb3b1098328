export { createApiEnd } from './api-end.ts';
export { createSessions } from './create-sessions.ts';
export type { BeginOrder, BegunSession, LinkDescription, LinkKind, LinkResolver } from './link.ts';
export { linkKinds } from './link.ts';
export { extendConsent, pageConsent, uniqueConsent } from './page-consent.ts';
export { createSessionData } from './personal-data.ts';
export type {
  Candidate,
  DecidedSession,
  FlowHandler,
  NewSession,
  PageConsent,
  PageText,
  Session,
  SessionDecision,
  SessionFlow,
  SessionMatch,
  SessionPage,
  SessionResult,
  SessionRiskFlag,
  SessionState,
  SessionUniqueness,
  WholeSession,
} from './session.ts';
export { riskFlags, sessionDecisions, sessionFlows, sessionStates, sessionWaits } from './session.ts';
export { countWaitingSessions, deleteSessionsOf } from './session-store.ts';
export type {
  FrameLink,
  Handover,
  LiveState,
  PreparedSession,
  SessionHolder,
  Sessions,
} from './sessions.ts';
