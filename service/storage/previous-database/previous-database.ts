import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Clock } from '../../lib/clock.ts';
import { syncFile, syncFolder } from '../../lib/durable-file.ts';
import { Problem } from '../../lib/problem.ts';
import { findDamage } from '../backup-check.ts';
import { type Migration, schemaNumber } from '../migration.ts';
import { type Snapshot, snapshotsIn } from '../snapshot/snapshot.ts';
import { openSqliteFile } from '../sqlite.ts';

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

/** What a directory holds that a restored one in its place does not. */
export interface RestoreLoss {
  /** People in the directory now. */
  people: number;
  /** Number of these people who are not in the backup. */
  peopleLost: number;
  /** People of both who were enrolled again since: their newer pictures are lost. */
  enrolledAgain: number;
  /** Verifications that are not in the backup. */
  verifications: number;
  /** When the newest of what is lost was written, ms since 1970; undefined where nothing is. */
  newestAt?: number;
}

/**
 * Compares the SQLite file `path` with the file `backup` that is to take its place. Undefined where there is none, or it cannot be read: a
 * damaged database is what one restores for.
 */
export function lossBetween(path: string, backup: string): RestoreLoss | undefined {
  if (!existsSync(path)) return undefined;
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    database.prepare('attach database ? as backup').run(backup);
    const one = (sql: string) => database!.prepare(sql).pluck().get() as number | null;
    const lost = (table: string) => `from main.${table} where id not in (select id from backup.${table})`;
    const again = `from main.subject as now join backup.subject as old on old.id = now.id where now.updated_at > old.updated_at`;
    const newest = Math.max(
      one(`select max(updated_at) ${lost('subject')}`) ?? 0,
      one(`select max(now.updated_at) ${again}`) ?? 0,
      one(`select max(created_at) ${lost('verification')}`) ?? 0,
    );
    return {
      people: one('select count(*) from main.subject') ?? 0,
      peopleLost: one(`select count(*) ${lost('subject')}`) ?? 0,
      enrolledAgain: one(`select count(*) ${again}`) ?? 0,
      verifications: one(`select count(*) ${lost('verification')}`) ?? 0,
      ...(newest > 0 ? { newestAt: newest } : {}),
    };
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

/** Throws CONFIRMATION_REQUIRED, saying what is lost, where people are in the directory and `confirm` is not their number. */
export function requireConfirmedLoss(
  loss: RestoreLoss | undefined,
  { data, takenAt, confirm }: { data: string; takenAt: string; confirm: number | undefined },
): void {
  if (loss === undefined || loss.people === 0 || confirm === loss.people) return;
  const { people, peopleLost, enrolledAgain, verifications, newestAt } = loss;
  const newest = newestAt === undefined ? '' : `, the newest from ${new Date(newestAt).toISOString()}`;
  throw new Problem(
    'CONFIRMATION_REQUIRED',
    `${data} holds ${people} people. The backup from ${takenAt} takes their place; not in it are people: ${peopleLost}, newer pictures of people: ${enrolledAgain}, verifications: ${verifications}${newest}. Nothing was changed. To restore over them: --confirm ${people} (the directory of now is kept beside). To only try the backup: --drill --data DIR.`,
  );
}

/** `admit` may refuse by the schema of the database. Throws CONFLICT where there is no database `path` or no snapshot with an older schema. */
export function openFormerSqlite(
  path: string,
  { admit, migrations }: { admit: (from: string) => void; migrations: readonly Migration[] },
): FormerDatabase {
  if (!existsSync(path)) throw new Problem('CONFLICT', `There is no database ${path}.`);
  const now = openSqliteFile(path);
  try {
    const from = now.prepare('select max(name) from schema_migration').pluck().get() as string;
    admit(from);
    const folder = join(dirname(path), 'snapshots');
    const snapshot = snapshotsIn(folder).findLast(
      ({ version }) => schemaNumber(version, migrations) < schemaNumber(from, migrations),
    );
    if (!snapshot) {
      throw new Problem(
        'CONFLICT',
        `The database has schema ${from}, and ${folder} holds no snapshot with an older one: there is nothing to go back to. An older backup is put back with "gatehouse restore FILE --keys PLACE".`,
      );
    }
    now.prepare('attach database ? as snapshot').run(snapshot.path);
    const since = 'from main.audit where id not in (select id from snapshot.audit)';
    const count = (sql: string) => now.prepare(sql).pluck().get() as number;
    return {
      from,
      snapshot: {
        where: snapshot.path,
        name: basename(snapshot.path),
        version: snapshot.version,
        takenAt: snapshot.takenAt,
      },
      renewed: count(`select count(*) ${since} and action = 'organization.renew-templates'`) > 0,
      organizations: now.prepare('select id from snapshot.organization').pluck().all() as string[],
      auditLines: count(`select count(*) ${since}`),
      loss: lossBetween(path, snapshot.path),
      async findDamage() {
        return (await findDamage(snapshot.path))[0];
      },
      requireAlone: () => closeIntoOneFile(path),
      exchange: async (marker, clock) => exchange(path, snapshot, marker, clock),
      async close() {},
    };
  } finally {
    now.close();
  }
}

/** A log of writes that stayed beside would be taken for one of the older database. */
function closeIntoOneFile(path: string): void {
  const now = openSqliteFile(path);
  now.pragma('wal_checkpoint(TRUNCATE)');
  now.close();
  if (!existsSync(`${path}-wal`)) return;
  throw new Problem('CONFLICT', `Another program has ${path} open: end it first. Nothing was changed.`);
}

function exchange(path: string, snapshot: Snapshot, marker: BackMarker | undefined, clock: Clock): Aside {
  const folder = dirname(path);
  const aside = `${path}.before-back-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
  const staged = `${path}.going-back`;
  try {
    copyFileSync(snapshot.path, staged);
    syncFile(staged);
    marker?.write();
    syncFolder(folder);
    linkSync(path, aside);
    renameSync(staged, path);
    syncFolder(folder);
    return { where: aside, removal: `rm '${aside}'` };
  } catch (error) {
    rmSync(staged, { force: true });
    marker?.remove();
    throw error;
  }
}
