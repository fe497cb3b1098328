import { randomFillSync } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { hashFile } from '../inference/models/file-hash.ts';
import { Manifest } from '../inference/models/manifest.ts';
import { parseJson } from '../lib/canonical-json.ts';
import { writeDurably } from '../lib/durable-file.ts';
import { createCheckpointNote, type NoteState } from '../storage/keys/checkpoint-note.ts';
import { type Integrity, openIntegrity, ROWS_NOTES } from '../storage/keys/integrity.ts';
import type { KeyStore } from '../storage/keys/key-store.ts';
import { adoptIntegrity } from '../storage/keys/note-guard.ts';
import { openOrganizationKeys } from '../storage/keys/organization-keys.ts';
import type { MasterKey } from '../storage/master/master-key.ts';
import { LAST_01 } from '../storage/migrations/0001-baseline.ts';

/** What a restore says to the first start after it: JSON. */
const Sealed = z.strictObject({
  value: z.string(),
  /** Revision of the key store when the restore wrote it. */
  revision: z.int().min(0),
  /** `Integrity.mac` over identity of the store, revision and value. */
  mac: z.string(),
});

interface RestoreSeal {
  /** The key store that was given had a note of the audit log that it did not write; it has an empty one now. */
  noteForged: boolean;
  /** `value` as text that only this key store can have written. */
  seal(value: string): Promise<string>;
}

/**
 * Prepares the restored key store, whose keys the restore has opened: replaces a note of the audit log that is not its own, and lets
 * rows from before they were protected be taken over. On disk when it resolves.
 */
export async function openRestoreSeal(
  { keys, master }: { keys: KeyStore; master: MasterKey },
  { schema }: { schema: string },
): Promise<RestoreSeal> {
  const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const integrity =
    (await openIntegrity({ keys, master, organizations })) ?? (await adoptIntegrity({ keys, master }));
  const note = createCheckpointNote({ keys, integrity });
  const noteForged = (await note.read()).is === 'forged';
  if (noteForged) await note.write(() => '');
  const { identity } = await keys.state();
  if (schema === LAST_01 && (await keys.note(ROWS_NOTES[2])))
    await keys.replaceNote({ name: ROWS_NOTES[2], value: '' });
  return {
    noteForged,
    async seal(value) {
      const { revision } = await keys.state();
      const mac = integrity.mac('restore', [identity, revision, value]);
      return JSON.stringify({ value, revision, mac } satisfies z.infer<typeof Sealed>);
    },
  };
}

/**
 * `used`: the key store has noted a checkpoint since, as the first start after a restore does, so that one restore is accepted
 * once. `forged`: not written by a restore with this key store.
 */
type RestoreWord = { is: 'new'; value: string } | { is: 'used' } | { is: 'forged' };

/** Opens a text that `seal` returned. */
export function openRestoreMarker(
  text: string,
  {
    integrity,
    state,
    note,
  }: { integrity: Integrity; state: Awaited<ReturnType<KeyStore['state']>>; note: NoteState },
): RestoreWord {
  const sealed = Sealed.safeParse(parseJson(text)).data;
  if (!sealed) return { is: 'forged' };
  const { value, revision, mac } = sealed;
  if (!integrity.verify('restore', [state.identity, revision, value], mac)) return { is: 'forged' };
  // A restore leaves a valid note: where it was removed, this seal may have been put back with it.
  if (note.is === 'forged' || note.revision > revision || revision > state.revision) return { is: 'used' };
  return { is: 'new', value };
}

/** What must be set so that the next start finds it; nothing when it lies in the directory. */
export function placeMasterKey(from: string | undefined, data: string, staged: string): string | undefined {
  if (from === undefined) return undefined;
  const inside = existsSync(data) ? relative(realpathSync(data), realpathSync(from)) : '..';
  if (inside.startsWith('..')) return from;
  // A second name of the same file: the key is not copied, and both directories open.
  mkdirSync(dirname(join(staged, inside)), { recursive: true, mode: 0o700 });
  linkSync(realpathSync(from), join(staged, inside));
  return inside === 'master.key' ? undefined : join(data, inside);
}

/** With `databaseUrl`, where the people are from now on. What the settings name inside the old directory comes along under a second name. */
export function writeSettings(
  data: string,
  staged: string,
  { masterKeyFile, databaseUrl }: { masterKeyFile: string | undefined; databaseUrl: string | undefined },
): void {
  const path = join(staged, 'gatehouse.json');
  const settings = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
    : {};
  delete settings.databaseUrl;
  if (databaseUrl !== undefined) settings.databaseUrl = databaseUrl;
  delete settings.keysDatabaseUrl;
  delete settings.masterKeyFile;
  if (masterKeyFile !== undefined) settings.masterKeyFile = masterKeyFile;
  const installed = join(data, 'tls', 'installed.pem');
  for (const named of [settings.tlsCert, settings.tlsKey, settings.passphraseFile, installed]) {
    if (typeof named !== 'string' || !existsSync(named)) continue;
    const inside = relative(data, named);
    if (inside.startsWith('..')) continue;
    mkdirSync(dirname(join(staged, inside)), { recursive: true, mode: 0o700 });
    linkSync(named, join(staged, inside));
  }
  rmSync(path, { force: true });
  if (Object.keys(settings).length > 0) writeDurably(path, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Model files that the backup only lists come from the old directory where they are the same. */
export async function placeModels(data: string, staged: string): Promise<string[]> {
  const path = join(staged, 'models', 'manifest.json');
  if (!existsSync(path)) return [];
  const missing: string[] = [];
  for (const { id, file, sha256 } of Manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).models) {
    const to = join(staged, 'models', file);
    const old = join(data, 'models', file);
    if (!existsSync(to) && (await hashFile(old)) === sha256) linkSync(old, to);
    if (!existsSync(to)) missing.push(id);
  }
  return missing;
}
