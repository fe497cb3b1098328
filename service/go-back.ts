import { randomFillSync } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Config } from './config.ts';
import { databasePlace, keyStorePlace } from './database-place.ts';
import { MARKER, markerText, type RestoreMarker, removeRestoreMarker } from './finish-restore.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Problem } from './lib/problem.ts';
import { findDamage } from './storage/backup-check.ts';
import { type KeyStorePlace, openKeyStore } from './storage/key-store.ts';
import { keyMigrations } from './storage/key-store-schema.ts';
import { leaveIntegrity } from './storage/leave-integrity.ts';
import { acceptLostOrganizations } from './storage/lost-organizations.ts';
import { apiKeyMac } from './storage/migrations/0006-api-key-mac.ts';
import { masterPlaces, openMaster, type Unlock } from './storage/open-master.ts';
import { lossBetween, type RestoreLoss } from './storage/restore-loss.ts';
import { openRestoreSeal } from './storage/restore-seal.ts';
import { type Snapshot, snapshotsIn } from './storage/snapshot.ts';
import { openSqliteFile } from './storage/sqlite.ts';
import { syncFile, syncFolder } from './storage/sync.ts';
import { takeWriterLock } from './storage/writer-lock.ts';
import { writeSynced } from './write-synced.ts';

export interface GoBackOrder {
  config: Pick<Config, 'data' | 'databaseUrl' | 'keysDatabaseUrl' | 'masterKeyFile'>;
  /** Who goes back, for the audit log. */
  actor: string;
  /** How many people the database holds now; absent or another number: nothing is changed, and what would be lost is told. */
  confirm?: number;
  clock: Clock;
  log: Log;
  /** Asked where a passphrase protects the master key. */
  unlock?: Unlock;
}

export interface WentBack {
  /** Schemas. */
  from: string;
  to: string;
  snapshot: string;
  /** The database of before, kept. */
  aside: string;
  lost: RestoreLoss & { auditLines: number };
}

/**
 * Puts the newest snapshot with an older schema in place of the database, for the Gatehouse from before an upgrade. The key store
 * keeps its keys, so whoever was erased since stays erased; where it has a form that the older Gatehouse does not know, it is
 * brought back to the former one. Cut short, nothing is lost: the same command completes it. Throws CONFLICT where a process holds the
 * directory, for PostgreSQL, and where no snapshot serves; CONFIRMATION_REQUIRED first of all, with what is lost.
 */
export async function goBack(order: GoBackOrder): Promise<WentBack> {
  const { config, clock, confirm } = order;
  const { data } = config;
  const place = databasePlace(config);
  if (place.kind !== 'sqlite') throw inPostgres();
  if (!existsSync(place.path)) throw new Problem('CONFLICT', `There is no database ${place.path}.`);
  const lock = takeWriterLock(
    data,
    { pid: process.pid, host: hostname(), command: 'gatehouse migrate' },
    clock,
  );
  try {
    const { from, snapshot, renewed, organizations, auditLines } = prepare(place.path, data);
    await requireWhole(snapshot);
    const keysPlace = keyStorePlace(config);
    const keysOpen = requireFormerKeyStore(keysPlace, snapshot);
    const lost = requireConfirmed(place.path, { data, snapshot, confirm, lines: auditLines });
    if (renewed) throw renewedSince(snapshot);
    closeIntoOneFile(place.path);
    const details = {
      takenAt: new Date(snapshot.takenAt).toISOString(),
      file: basename(snapshot.path),
      schema: snapshot.version,
      from,
    };
    // Otherwise this Gatehouse has added nothing to the audit log that its next start could miss.
    const marker = keysOpen
      ? await bringKeysBack(order, { keysPlace, snapshot, organizations, details })
      : undefined;
    const aside = exchange(place.path, snapshot, { data, clock, marker });
    return { from, to: snapshot.version, snapshot: snapshot.path, aside, lost };
  } finally {
    lock.release();
  }
}

interface Prepared {
  /** Schema of the database. */
  from: string;
  snapshot: Snapshot;
  /** Whether the templates of an organization were renewed since the snapshot: those in it do not open any more. */
  renewed: boolean;
  /** Ids of those in the snapshot. */
  organizations: string[];
  /** Written since the snapshot. */
  auditLines: number;
}

function prepare(path: string, data: string): Prepared {
  const now = openSqliteFile(path);
  try {
    const from = now.prepare('select max(name) from schema_migration').pluck().get() as string;
    const folder = join(data, 'snapshots');
    const snapshot = snapshotsIn(folder).findLast(({ version }) => version < from);
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
      snapshot,
      renewed: count(`select count(*) ${since} and action = 'organization.renew-templates'`) > 0,
      organizations: now.prepare('select id from snapshot.organization').pluck().all() as string[],
      auditLines: count(`select count(*) ${since}`),
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

async function requireWhole({ path }: Snapshot): Promise<void> {
  const [damage] = await findDamage(path);
  if (damage === undefined) return;
  throw new Problem('CONFLICT', `The snapshot ${path} is damaged (${damage}): nothing was changed.`);
}

/** Whether there is a key store that this Gatehouse has opened; one that it did not get to is as it was. */
function requireFormerKeyStore(place: KeyStorePlace, { takenAt, path }: Snapshot): boolean {
  if (place.kind !== 'sqlite') return true;
  const keys = openSqliteFile(place.path);
  try {
    const { name, at } = keys
      .prepare('select max(name) as name, max(applied_at) as at from schema_migration')
      .get() as { name: string; at: number };
    if (at >= takenAt) {
      throw new Problem(
        'CONFLICT',
        `The key store ${place.path} got its schema ${name} after the snapshot ${path}, and an older Gatehouse does not open it. It does not go back, because an old key store would undo every erasure since. Nothing was changed: stay with this Gatehouse.`,
      );
    }
    return name === keyMigrations.at(-1)?.name;
  } finally {
    keys.close();
  }
}

function requireConfirmed(
  path: string,
  {
    data,
    snapshot,
    confirm,
    lines,
  }: { data: string; snapshot: Snapshot; confirm: number | undefined; lines: number },
): WentBack['lost'] {
  const loss = lossBetween(path, snapshot.path);
  if (!loss) {
    throw new Problem(
      'CONFLICT',
      `${path} cannot be compared with ${snapshot.path}: nothing was changed. A damaged database is put right with "gatehouse restore FILE --keys PLACE".`,
    );
  }
  if (confirm === loss.people) return { ...loss, auditLines: lines };
  const { people, peopleLost, enrolledAgain, verifications } = loss;
  throw new Problem(
    'CONFIRMATION_REQUIRED',
    `${data} holds ${people} people. The snapshot from ${new Date(snapshot.takenAt).toISOString()} (schema ${snapshot.version}) takes the place of its database; not in it are people: ${peopleLost}, newer pictures of people: ${enrolledAgain}, verifications: ${verifications}, lines of the audit log (changes of any kind): ${lines}. Nothing was changed. To go back: --confirm ${people} (the database of now is kept beside).`,
  );
}

const inPostgres = () =>
  new Problem(
    'CONFLICT',
    'The people are in PostgreSQL, where Gatehouse takes no snapshot before an upgrade. Go back with its own tools: pg_restore the pg_dump from before the upgrade into an empty database ("Upgrade" in docs/OPERATIONS.md), then start the older Gatehouse.',
  );

const renewedSince = ({ path }: Snapshot) =>
  new Problem(
    'CONFLICT',
    `The templates of an organization were renewed after the snapshot ${path} (org renew-templates): those in it do not open any more. Nothing was changed: stay with this Gatehouse.`,
  );

/** Gives the marker by which the first start of the older Gatehouse knows that an operator went back. */
async function bringKeysBack(
  { config, clock, log, unlock, actor }: GoBackOrder,
  {
    keysPlace,
    snapshot,
    organizations,
    details,
  }: {
    keysPlace: KeyStorePlace;
    snapshot: Snapshot;
    organizations: string[];
    details: RestoreMarker['details'];
  },
): Promise<string> {
  const keys = await openKeyStore(keysPlace, {
    clock,
    log,
    older: 'refuse',
    writer: 'gatehouse migrate --back',
  });
  try {
    const lostOrganizations = (await keys.peopledOrganizations()).filter((id) => !organizations.includes(id));
    await acceptLostOrganizations(keys, lostOrganizations);
    const text = markerText({ actor, details: { ...details, lostOrganizations } });
    const places = await masterPlaces(config.data, { masterKeyFile: config.masterKeyFile, keys });
    const master = await openMaster({ keys, places, log, unlock, mayCreate: false });
    if (snapshot.version >= apiKeyMac.name) {
      const seal = await openRestoreSeal({ keys, master }, { schema: snapshot.version });
      return await seal.seal(text);
    }
    await leaveIntegrity(keys, master, randomFillSync);
    return text;
  } finally {
    await keys.close();
  }
}

/** The marker is there before the older database is: the next start acknowledges in the audit log that lines are missing. */
function exchange(
  path: string,
  snapshot: Snapshot,
  { data, clock, marker }: { data: string; clock: Clock; marker: string | undefined },
): string {
  const aside = `${path}.before-back-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
  const staged = `${path}.going-back`;
  try {
    copyFileSync(snapshot.path, staged);
    syncFile(staged);
    if (marker !== undefined) writeSynced(join(data, MARKER), marker);
    syncFolder(data);
    linkSync(path, aside);
    renameSync(staged, path);
    syncFolder(data);
    return aside;
  } catch (error) {
    rmSync(staged, { force: true });
    removeRestoreMarker(data);
    throw error;
  }
}
