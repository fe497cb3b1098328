import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { syncFile, syncFolder, writeDurably } from '../lib/durable-file.ts';
import { Problem } from '../lib/problem.ts';
import { removePlans } from '../storage/backup-check.ts';
import { COPY_NAME } from '../storage/key-copies/key-copy-file.ts';
import { acceptLostOrganizations } from '../storage/keys/vault.ts';
import { LENT_NOTE } from '../storage/master/master-key-provider.ts';
import { checkPostgres } from '../storage/postgres/check-postgres.ts';
import { requireNodesStopped } from '../storage/postgres/nodes-stopped.ts';
import {
  lossBetween,
  type RestoreLoss,
  requireConfirmedLoss,
} from '../storage/previous-database/previous-database.ts';
import { takeWriterLock } from '../storage/writer-lock.ts';
import type { BackupFacts } from './backup-file.ts';
import { peekKeyStore } from './backup-key.ts';
import { type Examination, examineBackup } from './examine-backup.ts';
import {
  clearUnfinishedRestore,
  finishRestore,
  isForbidden,
  journalOf,
  MARKER,
  markerText,
  ownFs,
  type PrivilegedFs,
  type RestoreMarker,
  removeFolder,
  removeStaged,
} from './finish-restore.ts';
import { type LaidOutBackup, layOutBackup, type OpenBackupOptions } from './open-backup.ts';
import { requireEmptyPostgres, restorePostgres } from './restore-postgres.ts';
import { openRestoreSeal, placeMasterKey, placeModels, writeSettings } from './restore-seal.ts';

export interface RestoreOptions extends Omit<OpenBackupOptions, 'into'> {
  /** The directory to restore to; an existing one is moved aside. */
  data: string;
  /** Who restores, for the audit log. */
  actor: string;
  /**
   * A trial beside the directory that stays in use: takes no part in its copies of the key store nor in its schedules. Both
   * would change the same copies otherwise.
   */
  drill?: boolean;
  /** The PostgreSQL database that `data` has its people in until now: nodes may work on it. */
  record?: string;
  /** Empty PostgreSQL database for the people; absent: SQLite in the directory. */
  databaseUrl?: string;
  /** Number of people in `data`, as a confirmation; required if there are any. */
  confirm?: number;
  /** Restores also what the examination found wrong; the audit log names it. What does not open at all is refused all the same. */
  acceptUnproven?: boolean;
  /** Rights to what lies beside `data`, where that is another account's. */
  around?: PrivilegedFs;
  /** For tests: called between two steps that change what lies where. */
  step?: (name: RestoreStep) => void;
}

/** In their order. */
export type RestoreStep = 'laid-out' | 'staged' | 'journal' | 'moved-aside' | 'in-place';

export interface Restored {
  data: string;
  /** Path of the old directory; undefined if there was none. */
  aside?: string;
  facts: BackupFacts;
  found: Examination;
  /** What the old directory held that this backup does not; undefined where it held no database that can be read. */
  lost?: RestoreLoss;
  /** The master key is read from here at each start; undefined for `master.key` in the directory, and for a passphrase. */
  masterKeyFile?: string;
  /** Imported models whose files were neither in the backup nor in the old directory. */
  missingModels: string[];
}

/**
 * Makes a data directory of a backup beside `data`, checks all of it, and only then lets it take the place of `data` by two
 * renames. At every moment one of the two is whole: cut short before the renames the old one is in place, and between them the
 * next start completes the restore (finish-restore.ts). Throws what `layOutBackup` throws, CONFLICT where a service runs, here or as another node of the record,
 * BACKUP_UNUSABLE for what does not pass, CONFLICT for a PostgreSQL database that is not empty or cannot be written, and
 * CONFIRMATION_REQUIRED over people; then `data` is as it was.
 */
export async function restoreBackup(order: RestoreOptions): Promise<Restored> {
  const { data, clock, around = ownFs, step = () => {} } = order;
  finishRestore(data);
  if (lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Problem(
      'CONFLICT',
      `${data} is a symbolic link: name the folder that it points to with --data DIR.`,
    );
  }
  const holds = existsSync(data) ? readdirSync(data) : [];
  refuseOtherFolder(data, holds);
  const lock = existsSync(data)
    ? takeWriterLock(data, { pid: process.pid, host: hostname(), command: 'gatehouse restore' }, clock)
    : undefined;
  const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  const staged = `${data}.restoring-${time}`;
  const aside = `${data}.before-restore-${time}`;
  let takeOut: (() => Promise<void>) | undefined;
  try {
    clearUnfinishedRestore(data, around);
    if (order.record !== undefined && !order.drill) await requireNodesStopped(order.record);
    around.change(() => mkdirSync(dirname(data), { recursive: true, mode: 0o700 }));
    const { facts, found, ...rest } = await stage(order, staged);
    const lost = lossBetween(join(data, 'gatehouse.db'), join(staged, 'gatehouse.db'));
    requireConfirmedLoss(lost, { data, takenAt: facts.takenAt, confirm: order.confirm });
    step('staged');
    if (order.databaseUrl !== undefined) takeOut = await moveIntoPostgres(staged, order.databaseUrl, clock);
    around.change(() => {
      writeDurably(journalOf(data), JSON.stringify({ staged }));
      around.give(journalOf(data));
    });
    step('journal');
    if (lock) {
      around.change(() => moveAside(data, aside));
      step('moved-aside');
    }
    // A start that came in between has done it already.
    if (existsSync(staged)) around.change(() => renameSync(staged, data));
    syncFolder(dirname(data));
    step('in-place');
    around.change(() => rmSync(journalOf(data), { force: true }));
    if (holds.length === 0 && existsSync(aside)) removeFolder(aside, around);
    return { data, ...(holds.length > 0 ? { aside } : {}), facts, found, ...defined({ lost }), ...rest };
  } catch (error) {
    if (!existsSync(data) && existsSync(aside)) around.change(() => renameSync(aside, data));
    if (existsSync(staged)) {
      around.change(() => rmSync(journalOf(data), { force: true }));
      removeStaged(staged, around);
      await takeOut?.();
    }
    throw error;
  } finally {
    lock?.release();
    // Its holder is gone, and so is the lock.
    if (existsSync(aside)) rmSync(join(aside, 'writer.json'), { force: true });
  }
}

async function stage(order: RestoreOptions, staged: string) {
  const { data, actor, clock, log, around = ownFs, step = () => {} } = order;
  if (order.databaseUrl !== undefined) {
    await checkPostgres(order.databaseUrl);
    await requireEmptyPostgres(order.databaseUrl);
  }
  makeBeside(staged, around);
  const backup = await layOutBackup({ ...order, into: staged });
  try {
    step('laid-out');
    await refuseOlderKeys(backup, data);
    const found = await examineBackup(staged, backup, {
      clock,
      log,
      ...defined({ progress: order.progress }),
    });
    if (found.problems.length > 0 && !order.acceptUnproven) {
      throw new Problem(
        'BACKUP_UNUSABLE',
        `The backup was not restored: ${found.problems.join(' ')} Nothing was changed. Where there is no better backup, --accept-unproven restores it with exactly this.`,
      );
    }
    if (order.drill) {
      for (const { place } of await backup.keys.places()) await backup.keys.removeCopy(place);
      removePlans(join(staged, 'gatehouse.db'));
    }
    await acceptLostOrganizations(backup.keys, found.lostOrganizations);
    const masterKeyFile = placeMasterKey(backup.masterFrom, data, staged);
    if (order.drill && masterKeyFile !== undefined) await backup.keys.setNote(LENT_NOTE, masterKeyFile);
    writeSettings(data, staged, { masterKeyFile, databaseUrl: order.databaseUrl });
    const missingModels = await placeModels(data, staged);
    const seal = await openRestoreSeal(backup, backup.facts);
    const marker: RestoreMarker = {
      actor,
      details: {
        takenAt: backup.facts.takenAt,
        file: basename(order.file),
        gatehouse: backup.facts.gatehouse,
        schema: backup.facts.schema,
        people: found.people.there,
        lostOrganizations: found.lostOrganizations,
        ...(found.problems.length > 0 && { acceptedUnproven: found.problems }),
        ...(found.altered.length > 0 && { altered: found.altered }),
        ...(seal.noteForged && { note: 'forged' }),
      },
    };
    writeDurably(join(staged, MARKER), await seal.seal(markerText(marker)));
    return {
      facts: backup.facts,
      found,
      missingModels,
      ...defined({ masterKeyFile }),
    };
  } finally {
    await backup.close();
    if (existsSync(staged)) syncAll(staged);
  }
}

function makeBeside(staged: string, around: PrivilegedFs): void {
  try {
    around.change(() => {
      mkdirSync(staged, { mode: 0o700 });
      around.give(staged);
    });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new Problem(
      'CONFLICT',
      `${dirname(staged)} takes no folder of this account (${(error as NodeJS.ErrnoException).code}), and the restored directory is made there. Run the same command as root (sudo gatehouse restore …): the data stay those of their account. Nothing was changed.`,
      { cause: error },
    );
  }
}

/** Committed before the directory names it: cut short in between, the database is filled and nothing else has changed. */
async function moveIntoPostgres(staged: string, url: string, clock: Clock): Promise<() => Promise<void>> {
  const path = join(staged, 'gatehouse.db');
  const takeOut = await restorePostgres(path, url, clock);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  syncFolder(staged);
  return takeOut;
}

function refuseOtherFolder(data: string, holds: readonly string[]): void {
  if (holds.length === 0) return;
  if (
    ['gatehouse.db', 'keys.db', 'master.key', 'master-passphrase.json', 'node.json'].some((name) =>
      holds.includes(name),
    )
  )
    return;
  throw new Problem(
    'CONFLICT',
    `${data} holds files that are not Gatehouse's: name a data directory of Gatehouse or a folder that is not there yet with --data DIR.`,
  );
}

/** An older key store would bring back people erased since: the error names any newer one found. */
async function refuseOlderKeys({ store, keys }: LaidOutBackup, data: string): Promise<void> {
  const places = (await keys.places()).map(({ place }) => join(place, COPY_NAME));
  for (const path of [...places, join(data, 'keys.db')]) {
    const other = peekKeyStore(path);
    if (other?.identity !== store.identity || other.revision <= store.revision) continue;
    throw new Problem(
      'BACKUP_UNUSABLE',
      `The key store ${store.path} is older than ${path} (${store.revision} writes against ${other.revision}): in it, people who were erased since still have their keys. Give the newest: --keys ${dirname(path)}`,
    );
  }
}

function moveAside(data: string, aside: string): void {
  try {
    renameSync(data, aside);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EBUSY' || code === 'EXDEV' || code === 'EACCES' || code === 'EPERM') {
      throw new Problem(
        'CONFLICT',
        `${data} cannot be moved aside (${code}): it is a mount point, or its folder belongs to another account. Restore into a folder inside it or elsewhere: --data DIR. Nothing was changed.`,
        { cause: error },
      );
    }
    throw error;
  }
}

function syncAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncAll(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncFolder(folder);
}
