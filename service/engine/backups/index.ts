export type { BackupFile, BackupPlan, BackupRun, Origin } from './backup.ts';
export type { BackupFiles, KeyCopy } from './backup-files.ts';
export type { Backups, BackupsDeps, MadeBackup } from './backups.ts';
export { createBackups } from './backups.ts';
