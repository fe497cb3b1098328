export {
  Alert,
  AlertDefinition,
  AlertRule,
  type Alerts,
  alertMetrics,
  exampleOfAlert,
  exampleOfDefinition,
  type MailServer,
} from './alerts/alert.ts';
export { type AlertsDeps, createAlerts } from './alerts/alerts.ts';
export type { GaugeReadings } from './alerts/gauges.ts';
export { createAlertData } from './alerts/personal-data.ts';
export { Recipient } from './alerts/recipient-store.ts';
export {
  type BackupFile,
  type BackupFiles,
  BackupPlan,
  BackupRun,
  Drill,
  type DrillFindings,
  type DrillStep,
  exampleOfRun,
  type KeyCopy,
  ListedRun,
  newestFirst,
} from './backups/backup.ts';
export { type Backups, createBackups } from './backups/backups.ts';
export {
  createEvidence,
  type Evidence,
  exampleOfFigure,
  type MeasuredShare,
  type PublishedEvidence,
  PublishedFigure,
} from './evidence/printed-evidence.ts';
export {
  type Acceptable,
  acceptable,
  adoptRows,
  createRecordIntegrity,
  type RecordIntegrity,
} from './integrity/altered-rows.ts';
export {
  findIntegrityFaults,
  type IntegrityCheckName,
  type IntegrityFault,
  integrityChecks,
} from './integrity/checks.ts';
export { createKeyCopyFolders, KeyCopyFolder, type KeyCopyFolders } from './keys/key-copy-folders.ts';
export { createKeyCustody, type KeyCustody } from './keys/key-custody.ts';
export { createNodeKeys, type NodeKeys } from './keys/node-keys.ts';
export { createTemplateRenewals, type TemplateRenewals } from './keys/template-renewal.ts';
export type { ModelFile, ReadModel, StagedModel } from './model-changes/model-changes.ts';
export { createModelChanges, type ModelChanges } from './model-changes/model-changes.ts';
export { createNodeList, ListedNode, type NodeList, type NodeTroubles } from './nodes/node-list.ts';
export {
  type ApplianceFacts,
  Attention,
  applianceAttention,
  inOrder,
  type LeftFacts,
  nodeTroubleSentences,
} from './overview/appliance-attention.ts';
export { createOverviews, factsOf, type Overview, type Overviews } from './overview/overview.ts';
export { createWorks, FollowedWork, Work, type Works } from './works/works.ts';
