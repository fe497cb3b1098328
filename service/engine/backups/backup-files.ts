import type { Actor } from '../audit/index.ts';
import type { BackupFile, Origin } from './backup.ts';

/** What touches files; given by compose.ts. */
export interface BackupFiles {
  /** The folder's real path. Throws INVALID_REQUEST for one where no backup should lie. */
  checkFolder(folder: string): Promise<string>;
  /** The name that a backup taken at this time gets. */
  pathIn(folder: string, at: number): string;
  /** Writes, reads back and authenticates one backup. When it throws, nothing is left of it. */
  write(
    path: string,
    options: { at: number; origin: Origin; withModels: boolean },
  ): Promise<{ bytes: number }>;
  /** Complete backups of this very appliance in a folder. */
  list(folder: string): Promise<BackupFile[]>;
  remove(path: string): Promise<void>;
  /**
   * What opens the master key by its passphrase lies in the key store's copies as well, as it is now. Does nothing where there is
   * no passphrase.
   */
  keepPassphrase(): Promise<void>;
  /** What an interrupted run left of the file with this name. */
  clear(path: string): Promise<void>;
}

export interface KeyCopy {
  place: string;
  state: 'current' | 'behind' | 'unreachable';
  reason?: string;
}

/** Where the key store is copied to. */
export interface KeyPlaces {
  /** Audited when it was none. */
  add(folder: string, actor: Actor): Promise<KeyCopy>;
  list(): Promise<KeyCopy[]>;
  sync(): Promise<KeyCopy[]>;
}
