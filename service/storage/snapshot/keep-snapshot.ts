import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import type { DatabaseLocation } from '../connection.ts';
import { migrations } from '../migrations/index.ts';
import { takePostgresSnapshot } from '../postgres/snapshot-postgres.ts';
import { openSqliteFile } from '../sqlite.ts';
import { takeSnapshot } from './snapshot.ts';

export interface SnapshotOptions {
  /** The schema that the database has: its newest migration. */
  version: string;
  clock: Clock;
  /** Bytes that an ordinary account may still write there. */
  freeBytes?: (folder: string) => number;
}

/** Bytes that stay free beside the copies, for what the service itself writes. */
const MARGIN = 32 * 2 ** 20;

/**
 * A checked copy of a database that this process alone writes, where a migration keeps its own: of SQLite in `snapshots/` beside it, of PostgreSQL in a
 * schema of the same database. Gives the place in words. Throws STORAGE_FULL where the disk has no room for it and for the copy of a migration that may follow,
 * CONFLICT where the role of PostgreSQL may not make a schema, INTERNAL where the copy is damaged: then none is there.
 */
export async function keepSnapshot(
  location: DatabaseLocation,
  { version, clock, freeBytes = freeOf }: SnapshotOptions,
): Promise<string | undefined> {
  switch (location.kind) {
    case 'sqlite': {
      requireFreeSpace(location.path, freeBytes);
      const file = openSqliteFile(location.path);
      try {
        return takeSnapshot(file, join(dirname(location.path), 'snapshots'), version, clock);
      } finally {
        file.close();
      }
    }
    case 'postgres':
      return takePostgresSnapshot(location.url, { version, migrations, clock });
    case 'sqlite-memory':
      return undefined;
    default:
      return location satisfies never;
  }
}

function requireFreeSpace(path: string, freeBytes: (folder: string) => number): void {
  const size = [path, `${path}-wal`].reduce(
    (sum, one) => sum + (existsSync(one) ? statSync(one).size : 0),
    0,
  );
  const needed = 2 * size + MARGIN;
  const free = freeBytes(dirname(path));
  if (free >= needed) return;
  throw new Problem(
    'STORAGE_FULL',
    `A checked copy of the database needs up to ${inMegabytes(needed)} MB, and ${dirname(path)} has ${inMegabytes(free)} MB free: free some space first. Nothing was changed.`,
  );
}

const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

function freeOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
