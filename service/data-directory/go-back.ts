import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MARKER, markerText, type RestoreMarker, removeRestoreMarker } from '../backup/finish-restore.ts';
import { openRestoreSeal } from '../backup/restore-seal.ts';
import { type Config, describeDatabase } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { writeDurably } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import type { DatabaseLocation } from '../storage/connection.ts';
import { type KeyStoreLocation, openKeyStore, readKeyStoreVersion } from '../storage/keys/key-store.ts';
import { keyMigrations } from '../storage/keys/key-store-schema.ts';
import { acceptLostOrganizations } from '../storage/keys/vault.ts';
import { masterKeySources, openMaster, type Unlock } from '../storage/master/open-master.ts';
import type { Migration } from '../storage/migration.ts';
import { migrations as ours } from '../storage/migrations/index.ts';
import type { FormerDatabase, RestoreLoss } from '../storage/previous-database/previous-database.ts';
import { openFormerSqlite } from '../storage/previous-database/previous-database.ts';
import { openFormerPostgres } from '../storage/previous-database/previous-postgres.ts';
import { takeWriterLock } from '../storage/writer-lock.ts';
import { databaseLocation, keyStoreLocation } from './database-location.ts';

export interface GoBackOptions {
  config: Pick<Config, 'data' | 'databaseUrl' | 'keysDatabaseUrl' | 'masterKeyFile'>;
  /** Who goes back, for the audit log. */
  actor: string;
  /** Number of people in the database, as a confirmation; otherwise nothing is changed and the error lists the loss. */
  confirm?: number;
  clock: Clock;
  log: Log;
  /** Asked where a passphrase protects the master key. */
  unlock?: Unlock;
  /** Milliseconds for a table of PostgreSQL that another session reads; 10,000 unless given. */
  lockPatience?: number;
  /** Of this Gatehouse unless given. */
  migrations?: readonly Migration[];
}

export interface WentBack {
  /** Schemas. */
  from: string;
  to: string;
  /** A path, or the PostgreSQL schema in words. */
  snapshot: string;
  /** The database of before, kept; likewise. */
  aside: string;
  /** The command, or the statement for PostgreSQL, that removes it. */
  removal: string;
  lost: RestoreLoss & { auditLines: number };
}

/**
 * Puts the newest snapshot with an older schema in place of the database, for the Gatehouse from before an upgrade. The key store
 * keeps its keys, so people erased since stay erased. Cut short, nothing is lost: the same command completes it. Throws CONFLICT where a process holds the
 * directory or its PostgreSQL database, where no snapshot serves, and where the directory went back already; CONFIRMATION_REQUIRED
 * before anything is changed, with what is lost.
 */
export async function goBack(order: GoBackOptions): Promise<WentBack> {
  const { config, clock, confirm } = order;
  const { data } = config;
  const location = databaseLocation(config);
  const lock = takeWriterLock(
    data,
    { pid: process.pid, host: hostname(), command: 'gatehouse migrate' },
    clock,
  );
  try {
    await using opened = new AsyncDisposableStack();
    const former = await openFormer(location, order);
    opened.defer(() => former.close());
    const { from, snapshot, auditLines, renewed } = former;
    await requireWhole(former);
    const keysLocation = keyStoreLocation(config);
    const keysOpen = await requireFormerKeyStore(keysLocation, former, config);
    const loss = requireConfirmed(former, { config, confirm });
    if (renewed) throw renewedSince(former);
    former.requireAlone();
    // Otherwise this Gatehouse has added nothing to the audit log that its next start could miss.
    const text = keysOpen ? await bringKeysBack(order, { keysLocation, former }) : undefined;
    const marker = text === undefined ? undefined : markerOf(data, text);
    const { where, removal } = await former.exchange(marker, clock);
    return {
      from,
      to: snapshot.version,
      snapshot: snapshot.where,
      aside: where,
      removal,
      lost: { ...loss, auditLines },
    };
  } finally {
    lock.release();
  }
}

async function openFormer(location: DatabaseLocation, order: GoBackOptions): Promise<FormerDatabase> {
  const { config, log, lockPatience, migrations = ours } = order;
  const { data } = config;
  const admit = (from: string) => requireNotYetBack(data, from);
  switch (location.kind) {
    case 'sqlite':
      return openFormerSqlite(location.path, { admit, migrations });
    case 'postgres':
      return openFormerPostgres(location.url, {
        writer: writerOf(data),
        log,
        admit,
        migrations,
        ...defined({ lockPatience }),
      });
    case 'sqlite-memory':
      throw new Error('A database in memory has no snapshots.');
    default:
      return location satisfies never;
  }
}

const writerOf = (data: string) =>
  `gatehouse migrate --back, process ${process.pid} on ${hostname()}: ${data}`;

const markerOf = (data: string, text: string) => ({
  write: () => writeDurably(join(data, MARKER), text),
  remove: () => removeRestoreMarker(data),
});

/** Cut short after the exchange, the same command must not go back one schema further. */
function requireNotYetBack(data: string, from: string): void {
  const path = join(data, MARKER);
  if (!existsSync(path)) return;
  const { schema, from: newer } = detailsIn(readFileSync(path, 'utf8'));
  if (schema !== from || newer === undefined) return;
  throw new Problem(
    'CONFLICT',
    `${data} went back from schema ${newer} to ${from} already, and was not started since: put the version from before in place and start it. To go back further, do so after that.`,
  );
}

/** Details of a marker, sealed or not; empty if it cannot be read. */
function detailsIn(text: string): { schema?: unknown; from?: unknown } {
  try {
    const found = JSON.parse(text);
    return (typeof found.value === 'string' ? JSON.parse(found.value) : found).details ?? {};
  } catch {
    return {};
  }
}

async function requireWhole(former: FormerDatabase): Promise<void> {
  const damage = await former.findDamage();
  if (damage === undefined) return;
  throw new Problem(
    'CONFLICT',
    `The snapshot ${former.snapshot.where} is damaged (${damage}): nothing was changed.`,
  );
}

/** Whether there is a key store that this Gatehouse has opened; one that it did not get to is as it was. */
async function requireFormerKeyStore(
  location: KeyStoreLocation,
  { snapshot }: FormerDatabase,
  { keysDatabaseUrl }: GoBackOptions['config'],
): Promise<boolean> {
  const { name, at } = await readKeyStoreVersion(location);
  if (at >= snapshot.takenAt) {
    const store =
      location.kind === 'sqlite' ? location.path : `in ${describeDatabase(keysDatabaseUrl ?? '')}`;
    throw new Problem(
      'CONFLICT',
      `The key store ${store} got its schema ${name} after the snapshot ${snapshot.where}, and an older Gatehouse does not open it. It does not go back, because an old key store would undo every erasure since. Nothing was changed: stay with this Gatehouse.`,
    );
  }
  return name === keyMigrations.at(-1)?.name;
}

function requireConfirmed(
  { snapshot, loss, auditLines }: FormerDatabase,
  { config, confirm }: { config: GoBackOptions['config']; confirm: number | undefined },
): RestoreLoss {
  const { data } = config;
  if (!loss) {
    throw new Problem(
      'CONFLICT',
      `The database of ${data} cannot be compared with ${snapshot.where}: nothing was changed. Repair a damaged database with "gatehouse restore FILE --keys PLACE".`,
    );
  }
  if (confirm === loss.people) return loss;
  const { people, peopleLost, enrolledAgain, verifications } = loss;
  throw new Problem(
    'CONFIRMATION_REQUIRED',
    `${data} holds ${people} people. The snapshot from ${new Date(snapshot.takenAt).toISOString()} (schema ${snapshot.version}) replaces its database; it lacks people: ${peopleLost}, newer pictures of people: ${enrolledAgain}, verifications: ${verifications}, lines of the audit log (changes of any kind): ${auditLines}. Nothing was changed. To go back: --confirm ${people} (the database of now is kept beside).`,
  );
}

const renewedSince = ({ snapshot }: FormerDatabase) =>
  new Problem(
    'CONFLICT',
    `The templates of an organization were renewed after the snapshot ${snapshot.where} (org renew-templates): those in it do not open any more. Nothing was changed: stay with this Gatehouse.`,
  );

/** Gives the marker by which the first start of the older Gatehouse knows that an operator went back. */
async function bringKeysBack(
  { config, clock, log, unlock, actor }: GoBackOptions,
  { keysLocation, former }: { keysLocation: KeyStoreLocation; former: FormerDatabase },
): Promise<string> {
  const { snapshot, organizations, from } = former;
  const keys = await openKeyStore(keysLocation, {
    clock,
    log,
    older: 'refuse',
    writer: writerOf(config.data),
  });
  try {
    const lostOrganizations = (await keys.peopledOrganizations()).filter((id) => !organizations.includes(id));
    await acceptLostOrganizations(keys, lostOrganizations);
    const details: RestoreMarker['details'] = {
      takenAt: new Date(snapshot.takenAt).toISOString(),
      file: snapshot.name,
      schema: snapshot.version,
      from,
      lostOrganizations,
    };
    const text = markerText({ actor, details });
    const sources = await masterKeySources(config.data, { masterKeyFile: config.masterKeyFile, keys });
    const master = await openMaster({ keys, sources, log, unlock, mayCreate: false });
    const seal = await openRestoreSeal({ keys, master }, { schema: snapshot.version });
    return await seal.seal(text);
  } finally {
    await keys.close();
  }
}
