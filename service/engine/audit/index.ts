export type { AuditAction } from './actions.ts';
export {
  type Actor,
  type Audit,
  type AuditDeps,
  type AuditLine,
  createAudit,
  describeActor,
  readActor,
} from './audit.ts';
export { type AuditLog, type AuditLogDeps, createAuditLog } from './audit-log.ts';
export { hasLine, readDone } from './audit-store.ts';
export type { ChainLine, CheckpointNote, StoredLine } from './chain.ts';
export { readHeads as readEnds } from './chains-store.ts';
export { readClockJumps, readNewestTime } from './clock-trail-store.ts';
export type { Foundation } from './foundation.ts';
export { REMOVE } from './joint.ts';
export { applianceIdentity } from './noted.ts';
export { createOwnEnd, type LostLines, lostText, type OwnEnd } from './own-end.ts';
export {
  type ExpiringRows,
  type ExportOptions,
  jsonOf,
  Moment,
  type MomentKind,
  type MomentsOf,
  momentKinds,
  type Person,
  type PersonalData,
  parseFor,
  type Realm,
  readPages,
  type SealedValue,
  type Searched,
  tablesThatKeepIds,
  textOf,
  vectorText,
} from './personal-data/personal-data.ts';
export { createAuditData } from './personal-data.ts';
export { readPublicKeys, verifyChain } from './verify-chain.ts';
export { verifyExport } from './verify-export.ts';
