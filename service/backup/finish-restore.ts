import {
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { overwriteFile, syncFolder } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import type { Vault } from '../storage/keys/vault.ts';
import { openRestoreMarker } from './restore-seal.ts';

/** Beside the data directory while a restore puts the new one in its place. */
export const journalOf = (data: string): string => `${data}.restoring.json`;
/** In a restored directory until its first start. */
export const MARKER = 'restored.json';

const Journal = z.strictObject({ staged: z.string() });
const Marker = z.strictObject({
  actor: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type RestoreMarker = z.infer<typeof Marker>;

/**
 * Completes a restore that was cut short after the old directory had been moved aside: the new one, which is whole and was
 * checked, takes its place. Does nothing otherwise, and whenever something lies at `data`.
 */
export function finishRestore(data: string): void {
  const journal = journalOf(data);
  // While `data` is there, nothing has been moved.
  if (existsSync(data) || !existsSync(journal)) return;
  const staged = stagedIn(journal, data);
  if (existsSync(staged)) {
    try {
      renameSync(staged, data);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      throw new Problem(
        'CONFLICT',
        `A restore of ${data} was interrupted. Its new directory is whole; root puts it in place: sudo mv '${staged}' '${data}' && sudo rm '${journal}'`,
        { cause: error },
      );
    }
    syncFolder(join(data, '..'));
  }
  if (existsSync(data)) rmSync(journal, { force: true });
}

/** The folder around the data directory belongs to another account. */
export const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');

function stagedIn(journal: string, data: string): string {
  try {
    const { staged } = Journal.parse(JSON.parse(readFileSync(journal, 'utf8')));
    // Its folder may have another name by now; it lies beside.
    if (isStagedName(basename(staged), data)) return join(dirname(data), basename(staged));
  } catch {
    // Refused below.
  }
  throw new Problem(
    'CONFLICT',
    `A restore of ${data} was interrupted, and its journal ${journal} was changed. The previous directory is beside it as ${basename(data)}.before-restore-…: rename it back to ${data}, and remove that file.`,
  );
}

/**
 * Removes what restores that were cut short before they changed anything have left beside `data`: copies of its key store.
 * Called while the writer lock is held, so that no restore is at work. Where the folder around is another account's, the copies go, and
 * an empty folder stays.
 */
export function clearUnfinishedRestore(data: string, around: PrivilegedFs = ownFs): void {
  let names: string[];
  try {
    names = readdirSync(dirname(data));
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(dirname(data), name);
    if (isStagedName(name, data) && isOwnFolder(path)) unlessForbidden(() => removeStaged(path, around));
  }
  if (names.includes(basename(journalOf(data))))
    unlessForbidden(() => around.change(() => rmSync(journalOf(data), { force: true })));
}

function unlessForbidden(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

const isStagedName = (name: string, data: string): boolean =>
  name.startsWith(`${basename(data)}.restoring-`) && /-\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name);

/** Refuses a link, which another account may have put there: the keys behind it must not be overwritten. */
function isOwnFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (process.geteuid === undefined || found.uid === process.geteuid());
}

/** Only the copy of the keys is overwritten: a master key in it is a second name of the one in use. */
export function removeStaged(staged: string, around: PrivilegedFs = ownFs): void {
  wipeKeys(staged);
  removeFolder(staged, around);
}

/** What is in it by its owner, and its name by the owner of the folder around. */
export function removeFolder(folder: string, around: PrivilegedFs): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  around.change(() => rmdirSync(folder));
}

/** What the marker holds, under the seal of the restored key store (backup/restore-seal.ts). */
export const markerText = (marker: RestoreMarker): string => JSON.stringify(marker);

/**
 * What the first start after a restore has to acknowledge in the audit log. Throws SEALED for a marker that no restore with this
 * key store wrote: it would have the service sign a log that was cut. One that was acknowledged before is removed.
 */
export async function readRestoreMarker(
  data: string,
  {
    integrity,
    keys,
    checkpointNote,
    log,
  }: Pick<Vault, 'integrity' | 'keys' | 'checkpointNote'> & { log: Log },
): Promise<RestoreMarker | undefined> {
  const path = join(data, MARKER);
  if (!existsSync(path)) return undefined;
  const [state, note] = [await keys.state(), await checkpointNote.read()];
  const word = openRestoreMarker(readFileSync(path, 'utf8'), { integrity, state, note });
  switch (word.is) {
    case 'new':
      return Marker.parse(JSON.parse(word.value));
    case 'used':
      log.warn(
        { path },
        'a marker of a restore counts for nothing and is removed: the key store has noted a checkpoint of the audit log since, as the first start after a restore does',
      );
      removeRestoreMarker(data);
      return undefined;
    case 'forged':
      throw new Problem(
        'SEALED',
        `${path} says that a backup was restored, but "gatehouse restore" of this version did not write it with this key store: it was written or changed by hand, perhaps to have a cut audit log signed, or the key store was exchanged since. Nothing was changed. If you restored a backup with an older Gatehouse, restore it again with this one. If no backup was restored, find out who wrote to the data directory, remove the file, start, and run "gatehouse audit verify".`,
      );
    default:
      return word satisfies never;
  }
}

export function removeRestoreMarker(data: string): void {
  rmSync(join(data, MARKER), { force: true });
  syncFolder(data);
}

/** What lies around a data directory: root's, where a package made the directory for the account of the service. */
export interface PrivilegedFs {
  /** Runs a step that changes names there. */
  change<T>(step: () => T): T;
  /** Gives what such a step made to the owner of the data. */
  give(path: string): void;
}

export const ownFs: PrivilegedFs = { change: (step) => step(), give() {} };

/** Removes a left-over copy of the key store: it would keep the keys of people erased later. */
export function wipeKeys(folder: string): void {
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-journal', 'master-passphrase.json']) {
    const path = join(folder, name);
    if (existsSync(path)) overwriteFile(path);
  }
}

/**
 * Lets root do `work` as the account that owns the data directory: what is written belongs to it, and no link that this account left leads
 * root elsewhere. Only steps around the directory keep root's rights. Any other account works as itself, and so does root on its own directory
 * and on one that is not there.
 */
export async function dropToOwner<T>(data: string, work: (around: PrivilegedFs) => Promise<T>): Promise<T> {
  finishRestore(data);
  const owner = statSync(data, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return work(ownFs);
  const { uid, gid } = owner;
  const [groups, group] = [process.getgroups!(), process.getegid!()];
  process.setgroups!([gid]);
  process.setegid!(gid);
  process.seteuid!(uid);
  try {
    return await work({
      change(step) {
        process.seteuid!(0);
        try {
          return step();
        } finally {
          process.seteuid!(uid);
        }
      },
      give: (path) => chownSync(path, uid, gid),
    });
  } finally {
    process.seteuid!(0);
    process.setegid!(group);
    process.setgroups!(groups);
  }
}
