import { statfs } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Organization, Organizations } from '../engine/organizations/index.ts';
import type { Checks } from '../engine/verification/index.ts';
import { Problem } from '../lib/problem.ts';
import type { Database } from '../storage/connection.ts';

const MEBIBYTE = 2 ** 20;
/** Free bytes below which writes are about to fail. */
const LEAST_FREE = 16 * MEBIBYTE;

export interface StorageState {
  state: 'ok' | 'full' | 'unavailable';
  organizations: readonly Organization[];
  reason: string | undefined;
}

interface StorageReading {
  /** The data directory. */
  data: string;
  organizations: Pick<Organizations, 'list'>;
  checks: Pick<Checks, 'lenientOrganizations'>;
  database: Pick<Database, 'requireWriter'>;
  freeBytes(): Promise<number>;
  patience: number;
}

/** Whether the database and its disk can be used, by reading the organizations. */
export async function readStorage({
  data,
  organizations,
  database,
  freeBytes,
  patience,
}: StorageReading): Promise<StorageState> {
  try {
    const known = await within(patience, organizations.list());
    database.requireWriter();
    if ((await freeBytes()) >= LEAST_FREE) return { state: 'ok', organizations: known, reason: undefined };
    const reason = `Less than ${LEAST_FREE / MEBIBYTE} MiB are free on the disk of ${data}: free some space.`;
    return { state: 'full', organizations: known, reason };
  } catch (error) {
    const full = error instanceof Problem && error.code === 'STORAGE_FULL';
    const reason =
      error instanceof Problem ? error.message : 'The database does not answer; the log says why.';
    return { state: full ? 'full' : 'unavailable', organizations: [], reason };
  }
}

/** Organizations whose own profiles verify where a built-in one would refuse by liveness; undefined where it cannot be read. */
export async function countLenient(
  { checks, patience }: StorageReading,
  { state, organizations }: StorageState,
): Promise<number | undefined> {
  if (state === 'unavailable') return undefined;
  try {
    const lenient = await within(patience, checks.lenientOrganizations());
    return organizations.filter(({ id, erasedAt }) => erasedAt === undefined && lenient.has(id)).length;
  } catch {
    // The storage state reports a failing database, at the latest on the next reading.
    return undefined;
  }
}

/** How much room there is, and how much the database takes; what cannot be read is left out. */
export async function readRoom({
  freeBytes,
  databaseBytes,
  patience,
}: {
  freeBytes(): Promise<number>;
  databaseBytes(): Promise<number>;
  patience: number;
}): Promise<{ freeBytes?: number; databaseBytes?: number }> {
  const [free, taken] = await Promise.allSettled([
    within(patience, freeBytes()),
    within(patience, databaseBytes()),
  ]);
  return {
    ...(free.status === 'fulfilled' && { freeBytes: free.value }),
    ...(taken.status === 'fulfilled' && { databaseBytes: taken.value }),
  };
}

/** Bytes that may still be written to the disk of this folder. */
export async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      wait(milliseconds, undefined, { signal: late.signal }).then(() => {
        throw new Problem('STORAGE_UNAVAILABLE', 'The database does not answer.');
      }),
    ]);
  } finally {
    late.abort();
    // The result of the loser of the race is dropped.
    work.catch(() => {});
  }
}
