import type { Actor } from '../audit/index.ts';
import type { BackupFile, Origin } from './backup.ts';
import type { DrillFindings, DrillStep } from './drill.ts';

/** What touches files; given by compose.ts. */
export interface BackupFiles {
  /** The folder's real path. Throws INVALID_REQUEST for one where no backup should lie. */
  checkFolder(folder: string): Promise<string>;
  /** The name that a backup taken at this time gets. */
  pathIn(folder: string, at: number): string;
  /** Writes, reads back and authenticates one backup. When it throws, nothing is left of it. */
  write(path: string, options: { at: number; origin: Origin }): Promise<{ bytes: number }>;
  /**
   * Restores the file to scratch as `restore` would, with this service's master key, and looks at all of it. What is wrong, one
   * sentence each; empty when it would restore. `places` of the key store, the first that can be read is used; the key store in
   * use where there is none.
   */
  prove(path: string, places: readonly string[]): Promise<string[]>;
  /** As `prove`, with what was found; it says what it does now. */
  drill(
    path: string,
    places: readonly string[],
    progress: (step: DrillStep) => void,
  ): Promise<{ problems: string[]; found: DrillFindings | undefined }>;
  /** Complete backups of this very appliance in a folder. */
  list(folder: string): Promise<BackupFile[]>;
  /** Whether the file of a run is there; `away` where its folder cannot be read, so that nothing is known. */
  where(path: string): Promise<'there' | 'removed' | 'away'>;
  remove(path: string): Promise<void>;
  /**
   * What opens the master key by its passphrase lies in the key store's copies as well, as it is now. Does nothing where there is
   * no passphrase.
   */
  keepPassphrase(): Promise<void>;
  /** Removes the rest of an interrupted run for the file with this name. */
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
