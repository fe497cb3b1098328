export type { BackupFile, BackupPlan, BackupRun, Origin } from './backup.ts';
export type { BackupFiles, Backups, BackupsDeps, KeyCopy, MadeBackup } from './backups.ts';
export { createBackups } from './backups.ts';
