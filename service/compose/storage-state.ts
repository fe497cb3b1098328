import { statfs } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Organization, Organizations } from '../engine/organizations/index.ts';
import type { Subjects } from '../engine/subjects/index.ts';
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
  /** On the disk of the data directory; absent where it could not be read. */
  freeBytes?: number;
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
    const free = await freeBytes();
    const read = { organizations: known, freeBytes: free };
    if (free >= LEAST_FREE) return { ...read, state: 'ok', reason: undefined };
    const reason = `Less than ${LEAST_FREE / MEBIBYTE} MiB are free on the disk of ${data}: free some space.`;
    return { ...read, state: 'full', reason };
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

/** Bytes that the database takes; undefined where it cannot be read. */
export const readDatabaseBytes = ({
  databaseBytes,
  patience,
}: {
  databaseBytes(): Promise<number>;
  patience: number;
}): Promise<number | undefined> => within(patience, databaseBytes()).catch(() => undefined);

/** `Subjects.upgradesByWorld` over these organizations; empty where it cannot be read. */
export async function readUpgrades(
  { subjects, patience }: { subjects: Pick<Subjects, 'upgradesByWorld'>; patience: number },
  { state, organizations }: StorageState,
): Promise<Awaited<ReturnType<Subjects['upgradesByWorld']>>> {
  if (state === 'unavailable') return [];
  const realms = organizations.flatMap(({ id: organization }) =>
    (['live', 'test'] as const).map((world) => ({ organization, world })),
  );
  return within(patience, subjects.upgradesByWorld(realms)).catch(() => []);
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
