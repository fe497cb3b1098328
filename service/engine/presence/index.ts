export { createPresence } from './create-presence.ts';
export { createPresenceData, type PresenceDataDeps } from './personal-data.ts';
export type { Presence, PresenceDeps } from './presence.ts';
export type {
  CancelReason,
  PresenceCaller,
  PresenceOrder,
  PresenceProof,
  PresenceSession,
} from './presence-session.ts';
export { TOKEN_LIFE } from './presence-session.ts';
export { deletePresenceOf } from './presence-store.ts';
export type { PresenceStatement, TokenRefusal, TokenVerdict, VerifyTokenOrder } from './token-verdict.ts';
