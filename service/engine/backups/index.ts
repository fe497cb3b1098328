export type { BackupFile, Origin } from './backup.ts';
export { BackupPlan, BackupRun, exampleOfRun, ListedRun, newestFirst } from './backup.ts';
export type { BackupFiles, KeyCopy } from './backup-files.ts';
export type { Backups, BackupsDeps, MadeBackup } from './backups.ts';
export { createBackups } from './backups.ts';
export type { DrillFindings, DrillStep } from './drill.ts';
export { Drill } from './drill.ts';
