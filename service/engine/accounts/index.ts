export type { Logo } from '../../inference/pictures/read-logo.ts';
export { type Access, createAccess } from './access/access.ts';
export { ApiKey, exampleOfKey, keyPrefixes } from './access/api-key.ts';
export {
  type AdministratorCaller,
  type Caller,
  hasFreshFactor,
  type KeyCaller,
  type KioskCaller,
  type SessionCaller,
  type SessionKind,
} from './access/caller.ts';
export type { NewKey } from './access/new-key.ts';
export { holdsScope, type Role, roles, type Scope, scopes } from './access/scope.ts';
export {
  Administrator,
  type AdministratorSession,
  exampleOfAdministrator,
  type From,
  type OpenedSession,
  type Passkey,
  type SignInAnswer,
  type Site as PasskeySite,
} from './administrators/administrator.ts';
export {
  type Administrators,
  type AdministratorsDeps,
  createAdministrators,
} from './administrators/administrators.ts';
export type { FaceJudge } from './administrators/faces/face-judge.ts';
export type { OwnFace } from './administrators/faces/faces.ts';
export {
  type Approval,
  type ApprovalAction,
  approvalActions,
  approvalStates,
  createWaitingApprovals,
  isAboutOne,
  isOfPerson,
  isOfWorld,
  type WaitingApprovals,
} from './approvals/approval-store.ts';
export { type Approvals, createApprovals, type Guarded } from './approvals/approvals.ts';
export { createApprovalData } from './approvals/personal-data.ts';
export { createIdempotency, type Idempotency } from './idempotency/idempotency.ts';
export { Kiosk, type Pairing } from './kiosks/kiosk.ts';
export { createKiosks, type Kiosks, type KiosksDeps } from './kiosks/kiosks.ts';
export {
  createLimits,
  type LimitedCaller,
  type Limits,
  type LimitsReport,
  type MonthlyUse,
} from './limits/limits.ts';
export { LimitSettings } from './limits/usage-store.ts';
export { textOwner } from './organizations/consent-texts.ts';
export {
  type Branding,
  NewSite,
  Organization,
  OWN_PROFILES,
  type RetentionPolicy,
  RetentionSettings,
  refuseErased,
  retentionPolicy,
  type SetupStep,
  Site,
  stepsLeft,
  type UniquenessPolicy,
} from './organizations/organization.ts';
export { createOrganizations, type Organizations } from './organizations/organizations.ts';
export { createSetup, type Setup, type SetupView } from './setup/setup.ts';
export type { SetupOpening, TokenFile } from './setup/setup-token.ts';
export { type Jwks, type PersonClaims, type PresenceClaims, readJwks, toJwk } from './tokens/claims.ts';
export {
  type AdministratorTokens,
  checkToken,
  createAdministratorTokens,
  createPersonTokens,
  createVerifyToken,
  type PassTokens,
  type PersonTokens,
  type TokenFault,
  type TokenFinding,
  type TokenRealm,
  type TokenRequirements,
  tokenFaults,
  type VerifyToken,
} from './tokens/person-tokens.ts';
export { acceptedKeys, TOKEN_KEY_OVERLAP } from './tokens/signed-tokens.ts';
export { insertTokenUse } from './tokens/token-use-store.ts';
