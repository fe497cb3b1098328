import type { Clock } from '../../lib/clock.ts';
import type { RestoreLoss } from './restore-loss.ts';

/** What says to the next start that an operator went back. */
export interface BackMarker {
  /** On disk when it returns. */
  write(): void;
  remove(): void;
}

/** A database with a snapshot that has an older schema: what going back asks of both. The database is held until `close`. */
export interface FormerDatabase {
  /** Schema of the database. */
  from: string;
  snapshot: {
    /** As in a sentence: its path, or its PostgreSQL schema. */
    where: string;
    /** For the audit log. */
    name: string;
    version: string;
    takenAt: number;
  };
  /** Whether the templates of an organization were renewed since the snapshot: those in it do not open any more. */
  renewed: boolean;
  /** Ids of those in the snapshot. */
  organizations: string[];
  /** Written since the snapshot. */
  auditLines: number;
  /** Undefined where the two cannot be compared. */
  loss: RestoreLoss | undefined;
  /** What is wrong with the snapshot, in words; undefined where nothing is. */
  findDamage(): Promise<string | undefined>;
  /** Throws CONFLICT where another program has the database open. */
  requireAlone(): void;
  /**
   * Puts the snapshot in the place of the database, which is kept aside; the marker is there before. Throws with the database as it
   * was and without a marker; STORAGE_UNAVAILABLE where it is not known whether the exchange took place, and then with the marker.
   */
  exchange(marker: BackMarker | undefined, clock: Clock): Promise<Aside>;
  close(): Promise<void>;
}

export interface Aside {
  /** As in a sentence. */
  where: string;
  /** What removes it. */
  removal: string;
}
