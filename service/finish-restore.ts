import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Problem } from './lib/problem.ts';
import { syncFolder } from './storage/sync.ts';
import { wipeKeys } from './wipe-keys.ts';

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
  // Cut short while it was written it may hold anything; nothing has been moved then.
  if (existsSync(data) || !existsSync(journal)) return;
  const staged = stagedIn(journal, data);
  if (existsSync(staged)) {
    renameSync(staged, data);
    syncFolder(join(data, '..'));
  }
  if (existsSync(data)) rmSync(journal, { force: true });
}

function stagedIn(journal: string, data: string): string {
  try {
    const { staged } = Journal.parse(JSON.parse(readFileSync(journal, 'utf8')));
    // Its folder may have another name by now; it lies beside.
    if (isStagedName(basename(staged), data)) return join(dirname(data), basename(staged));
  } catch {
    // Told below.
  }
  throw new Problem(
    'CONFLICT',
    `A restore of ${data} was cut short, and ${journal}, which says how it goes on, was changed. The directory of before lies beside it as ${basename(data)}.before-restore-…: rename it back to ${data}, and remove that file.`,
  );
}

/**
 * Removes what restores that were cut short before they changed anything have left beside `data`: copies of its key store.
 * Called while the writer lock is held, so that no restore is at work.
 */
export function clearUnfinishedRestore(data: string): void {
  let names: string[];
  try {
    names = readdirSync(dirname(data));
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(dirname(data), name);
    if (isStagedName(name, data) && isOwnFolder(path)) removeStaged(path);
  }
  if (names.includes(basename(journalOf(data)))) rmSync(journalOf(data), { force: true });
}

const isStagedName = (name: string, data: string): boolean =>
  name.startsWith(`${basename(data)}.restoring-`) && /-\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name);

/** Whoever else may write beside the data directory may have put a link there: the keys behind it are not to be overwritten. */
function isOwnFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (process.getuid === undefined || found.uid === process.getuid());
}

/** Only the copy of the keys is overwritten: a master key in it is a second name of the one in use. */
export function removeStaged(staged: string): void {
  wipeKeys(staged);
  rmSync(staged, { recursive: true, force: true });
}

/** What the first start after a restore has to acknowledge in the audit log. */
export function readRestoreMarker(data: string): RestoreMarker | undefined {
  const path = join(data, MARKER);
  return existsSync(path) ? Marker.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

export function removeRestoreMarker(data: string): void {
  rmSync(join(data, MARKER), { force: true });
  syncFolder(data);
}
