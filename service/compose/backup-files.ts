import { randomUUID } from 'node:crypto';
import { constants, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyDatabase } from '../backup/backup-copy.ts';
import { type BackupFacts, type BackupKey, openBackupFile, writeBackupFile } from '../backup/backup-file.ts';
import { readBackupFolder } from '../backup/backup-folder.ts';
import { openBackupKey } from '../backup/backup-key.ts';
import {
  backupSettings,
  drain,
  importedModels,
  packParts,
  readPassphraseFile,
} from '../backup/backup-parts.ts';
import { wipeKeys } from '../backup/finish-restore.ts';
import { PROOF_FOLDER, verifyAside } from '../backup/verify-aside.ts';
import type { BackupFiles, DrillFindings, DrillStep } from '../engine/appliance/index.ts';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { unfinishedName } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { outsideFolder, readOnlyRemedy } from '../lib/outside-folder.ts';
import { Problem } from '../lib/problem.ts';
import { noteProgress } from '../lib/progress/progress.ts';
import { productVersion } from '../lib/version.ts';
import type { DatabaseLocation } from '../storage/connection.ts';
import type { Vault } from '../storage/keys/vault.ts';
import { PASSPHRASE_NOTE } from '../storage/master/master-key-provider.ts';

export interface BackupFilesDeps {
  /** The data directory. */
  data: string;
  location: DatabaseLocation;
  vault: Pick<Vault, 'keys' | 'master'>;
  clock: Clock;
  log: Log;
}

/** Last number that a backup of this key store got. */
const SEQUENCE_NOTE = 'backup.sequence';

/** The contents and folders of backups: the database, the settings, the list of models. */
export function createBackupFiles(deps: BackupFilesDeps): BackupFiles {
  const { data, vault, clock, log } = deps;
  let opened: Promise<BackupKey> | undefined;

  /** Opened once: while the master key is rotated, its row may lie under the one that takes over in a moment. */
  function ourKey(): Promise<BackupKey> {
    opened ??= openBackupKey(vault, { mayCreate: true }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  return {
    checkFolder: (folder) => checkFolder(folder, data),
    pathIn: (folder, at) =>
      join(folder, `gatehouse-${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}.backup`),
    async write(path, options) {
      try {
        return await write(deps, await ourKey(), path, options);
      } catch (error) {
        throw toBackupProblem(error, path);
      }
    },
    async list(folder) {
      const { id } = await ourKey();
      const { backups, unreadable } = await readBackupFolder(folder, clock.now());
      for (const { path, error } of unreadable)
        log.warn({ path, err: error }, 'a backup in the folder cannot be read; it is left as it is');
      return backups.filter(({ backupKey }) => backupKey === id);
    },
    async where(path) {
      if (await stat(path).catch(() => undefined)) return 'there';
      const folder = await readdir(dirname(path)).catch(() => undefined);
      // The empty folder of an unmounted medium is no evidence.
      return folder === undefined || folder.length === 0 ? 'away' : 'removed';
    },
    prove: (path, places) => drill(deps, path, places, ({ step, done, of }) => noteProgress(step, done, of)),
    drill: (path, places, progress) => drill(deps, path, places, progress),
    keepPassphrase: () => keepPassphrase(deps),
    remove: (path) => rm(path, { force: true }),
    async clear(path) {
      clearScratch(scratchOf(data));
      await rm(unfinishedName(path), { force: true });
    },
  };
}

const scratchOf = (data: string) => join(data, 'tmp');

async function keepPassphrase({ data, vault: { keys } }: BackupFilesDeps): Promise<void> {
  const now = readPassphraseFile(data);
  // Another node keeps it, or a file has the key: what replaced the key noted that.
  if (now === undefined) return;
  if (((await keys.note(PASSPHRASE_NOTE)) ?? '') !== now) await keys.setNote(PASSPHRASE_NOTE, now);
}

/** The reasons why the backup cannot be restored, one sentence each, and what was found in it. */
async function drill(
  { data, vault, clock, log }: BackupFilesDeps,
  path: string,
  places: readonly string[],
  progress: (step: DrillStep) => void = () => {},
): Promise<{ problems: string[]; found: DrillFindings | undefined }> {
  const scratch = scratchOf(data);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  try {
    const { facts, schema, organizations, people, templates, match, audit, ...proof } = await verifyAside({
      file: path,
      keys: places[0] ?? data,
      master: vault.master,
      scratch,
      clock,
      log,
      progress: (step, done, of) => progress({ step, ...defined({ done, of }) }),
    });
    const found = {
      takenAt: facts.takenAt,
      schema,
      organizations,
      templates,
      match,
      people: { there: people.there, erased: people.erased },
      audit: { lines: audit.lines, checkpoints: audit.checkpoints, valid: audit.valid },
      ...(proof.altered.length > 0 && { altered: proof.altered }),
    };
    return { problems: proof.problems, found };
  } catch (error) {
    log.error({ path, err: error }, 'a backup could not be proven');
    const problem = toBackupProblem(error, path);
    const reason =
      problem instanceof Problem ? problem.message : `It could not be read: ${(error as Error).message}`;
    return { problems: [reason], found: undefined };
  }
}

async function write(
  deps: BackupFilesDeps,
  key: BackupKey,
  path: string,
  { at, origin }: Parameters<BackupFiles['write']>[1],
): Promise<{ bytes: number }> {
  const { data, location, vault, clock } = deps;
  await keepPassphrase(deps);
  const copy = join(scratchOf(data), `backup-${randomUUID()}.db`);
  try {
    const { facts: copied, dialect } = await copyDatabase(location, copy, clock);
    const models = importedModels(data);
    const facts: BackupFacts = {
      takenAt: new Date(at).toISOString(),
      origin,
      gatehouse: productVersion(),
      database: dialect,
      ...copied,
      masterKey: vault.master.id,
      backupKey: key.id,
      // That of a failed file is not reused.
      sequence: await vault.keys.countUp(SEQUENCE_NOTE),
      erasures: (await vault.keys.erasureLedger()).length,
      models: models.list,
    };
    const parts = [backupSettings(data), ...models.parts, { name: 'gatehouse.db', path: copy }];
    const { size } = await stat(copy);
    const { bytes } = await writeBackupFile(path, facts, key, noted(packParts(parts), size));
    await readBack(path, key);
    return { bytes };
  } finally {
    await clearCopies(copy);
  }
}

/** `size`: of the database, which is nearly all of it. */
async function* noted(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let sealed = 0;
  for await (const bytes of source) {
    sealed += bytes.length;
    noteProgress('sealing the file', Math.min(sealed, size), size);
    yield bytes;
  }
}

/** Deletes a file that cannot be read back. */
async function readBack(path: string, key: BackupKey): Promise<void> {
  const written = await openBackupFile(path);
  try {
    await drain(written.read(key, (done, of) => noteProgress('reading the file back', done, of)));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await written.close();
  }
}

/** Temporary files of an interrupted backup or proof. */
function clearScratch(scratch: string): void {
  for (const name of namesIn(scratch)) {
    if (/^backup-.*\.db/.test(name)) rmSync(join(scratch, name));
    if (!name.startsWith(PROOF_FOLDER)) continue;
    wipeKeys(join(scratch, name));
    rmSync(join(scratch, name), { recursive: true, force: true });
  }
}

async function clearCopies(copy: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(`${copy}${suffix}`, { force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function checkFolder(folder: string, data: string): Promise<string> {
  const inside = 'a backup there is lost with it. Choose another disk.';
  const place = await outsideFolder(folder, { data, what: 'folder', inside });
  await access(place, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw new Problem(
      'INVALID_REQUEST',
      error.code === 'EROFS'
        ? readOnlyRemedy(place)
        : `The account of the service cannot write to ${place}: give it the rights, or choose another folder.`,
    );
  });
  return place;
}

/** A full or read-only disk names the folder: it is another one than the database's. */
function toBackupProblem(error: unknown, path: string): unknown {
  if (error instanceof Problem) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem(
      'STORAGE_FULL',
      `The disk has no room for ${path}: nothing of it was left there. Free some space on it, or choose another folder.`,
      { cause: error },
    );
  }
  if (
    code === 'EROFS' ||
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EIO' ||
    code === 'ENOENT' ||
    code === 'ESTALE'
  ) {
    return new Problem(
      'STORAGE_FULL',
      `${path} cannot be written (${code}): nothing of it was left there. Check the disk, or choose another folder.`,
      { cause: error },
    );
  }
  if (code === 'EEXIST')
    return new Problem('CONFLICT', `${path} is there already: it was left as it is. Try again.`, {
      cause: error,
    });
  return error;
}
