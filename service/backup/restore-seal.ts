import { randomFillSync } from 'node:crypto';
import { z } from 'zod';
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

export interface RestoreSeal {
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
  if (noteForged) await note.write('');
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
export type RestoreWord = { is: 'new'; value: string } | { is: 'used' } | { is: 'forged' };

/** Opens a text that `seal` returned. */
export function openRestoreWord(
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
