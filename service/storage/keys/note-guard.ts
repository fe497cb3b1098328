import { randomFillSync } from 'node:crypto';
import { Problem } from '../../lib/problem.ts';
import { CopyTrouble } from '../key-copies/copy-status.ts';
import type { OpenKeyCopies } from '../key-copies/key-copies.ts';
import type { AdmitNote } from '../key-copies/key-copy-folder.ts';
import type { MasterKey } from '../master/master-key.ts';
import {
  CHECKPOINT_NOTE,
  type CheckpointNote,
  type CopyNote,
  compareNotes,
  createCheckpointNote,
  openNote,
  sealNote,
} from './checkpoint-note.ts';
import { type Integrity, makeIntegrity } from './integrity.ts';
import type { KeyStore } from './key-store.ts';

/** Keeps copies from being overwritten while the key store in use may be an old one; waits until the keys are open. */
export interface NoteGuard {
  admit: AdmitNote;
  /** From now on copies are compared with what the key store notes. */
  open(deps: { keys: Pick<KeyStore, 'note' | 'state'>; integrity: Integrity }): void;
}

export function createNoteGuard(): NoteGuard {
  const opened = Promise.withResolvers<Parameters<NoteGuard['open']>[0]>();
  return {
    open: opened.resolve,
    async admit(place, text) {
      const { keys, integrity } = await opened.promise;
      const { identity } = await keys.state();
      const ours = openNote(integrity, identity, await keys.note(CHECKPOINT_NOTE));
      const found = compareNotes(integrity, identity, ours, text);
      if (found.is === 'ahead') throw new CopyTrouble('newer', aheadSentence({ place, ...found }));
    },
  };
}

export interface OpenNoteGuardDeps {
  /** As opened; undefined in a key store that never had it. */
  held: Integrity | undefined;
  keys: KeyStore;
  master: MasterKey;
  copies: Pick<OpenKeyCopies, 'readNotes'>;
  guard: NoteGuard;
}

/**
 * Compares the note of the newest audit checkpoint with the note of every copy that can be reached. A new key store gets its integrity
 * secret here. Throws SEALED when a copy is ahead.
 */
export async function openNoteGuard({
  held,
  keys,
  master,
  copies,
  guard,
}: OpenNoteGuardDeps): Promise<{ integrity: Integrity; checkpointNote: CheckpointNote }> {
  if (!held) {
    const sealed = (await copies.readNotes()).find(({ note }) => isSealed(note?.text));
    if (sealed) throw new Problem('SEALED', olderThanCopy(sealed.place));
  }
  const integrity = held ?? (await adoptIntegrity({ keys, master }));
  const checkpointNote = createCheckpointNote({ keys, integrity, copies });
  const ahead = (await checkpointNote.copies()).find(({ is }) => is === 'ahead');
  if (ahead) throw new Problem('SEALED', aheadSentence(ahead));
  guard.open({ keys, integrity });
  return { integrity, checkpointNote };
}

/** Takes the present note as the newest: earlier changes to it cannot be detected. */
export async function adoptIntegrity({
  keys,
  master,
}: Pick<OpenNoteGuardDeps, 'keys' | 'master'>): Promise<Integrity> {
  const { integrity, row } = await makeIntegrity(master, randomFillSync);
  const { identity } = await keys.state();
  const value = (await keys.note(CHECKPOINT_NOTE)) ?? '';
  await keys.adoptIntegrity({
    secret: row,
    notes: [{ name: CHECKPOINT_NOTE, make: (revision) => sealNote(integrity, identity, value, revision) }],
  });
  return integrity;
}

function isSealed(text: string | undefined): boolean {
  try {
    return text !== undefined && 'mac' in (JSON.parse(text) as object);
  } catch {
    return false;
  }
}

const WHAT_TO_DO =
  'Nothing was changed. Stop, and find out who wrote to the data directory. Then put back the newest key store (that copy, as keys.db) and the database that belongs to it, or restore a backup with "gatehouse restore FILE --keys PLACE", which records in the audit log what is lost.';

const aheadSentence = ({ place, text }: Omit<CopyNote, 'is'>): string =>
  `The copy of the key store in ${place} notes a newer checkpoint of the audit log${lineOf(text)} than the key store in use: an old note or an old key store was put back, and the audit log may have been cut. ${WHAT_TO_DO}`;

const olderThanCopy = (place: string): string =>
  `The copy of the key store in ${place} has a protected note of the audit log, the key store in use has none: an old key store was put back. ${WHAT_TO_DO}`;

function lineOf(text: string | undefined): string {
  try {
    const { seq } = JSON.parse(text ?? '') as { seq?: unknown };
    return typeof seq === 'number' ? ` (line ${seq})` : '';
  } catch {
    return '';
  }
}
