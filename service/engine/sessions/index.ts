export { createApiEnd, type SessionPasses } from './api-end.ts';
export type { Challenges, RunningChallenge } from './attempts/challenge.ts';
export { createSessions } from './create-sessions.ts';
export type { BeginOrder, BegunSession, LinkDescription, LinkKind, LinkResolver } from './link.ts';
export { linkKinds } from './link.ts';
export { createSessionData } from './personal-data.ts';
export type {
  Candidate,
  DecidedSession,
  FlowEnd,
  NewSession,
  PageConsent,
  PageText,
  Session,
  SessionDecision,
  SessionEvidence,
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
export { extendConsent, pageConsent } from './texts/page-consent.ts';
export { uniqueConsent } from './texts/unique-consent.ts';
export type { DecidedNewcomer, UniquenessJudge } from './uniqueness-judge.ts';
