export { applianceIdentity } from './appliance-identity.ts';
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
export type { CheckpointNote, StoredLine } from './chain.ts';
export { readClockJumps, readNewestTime } from './clock-trail-store.ts';
export { createAuditData } from './personal-data.ts';
export { type AuditKey, type ChainReport, readPublicKeys, verifyChain } from './verify-chain.ts';
export { type ExportReport, verifyExport } from './verify-export.ts';
