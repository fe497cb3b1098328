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
  type Origin,
} from './backup.ts';
export { type Backups, type BackupsDeps, createBackups, type MadeBackup } from './backups.ts';
