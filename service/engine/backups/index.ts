export type { BackupFile, BackupPlan, BackupRun, ListedRun, Origin } from './backup.ts';
export { newestFirst } from './backup.ts';
export type { BackupFiles, KeyCopy } from './backup-files.ts';
export type { Backups, BackupsDeps, MadeBackup } from './backups.ts';
export { createBackups } from './backups.ts';
export type { Drill, DrillFindings, DrillStep } from './drill.ts';
