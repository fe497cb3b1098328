import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import { Problem } from '../../lib/problem.ts';
import type { Integrity } from './integrity.ts';
import type { KeyStore } from './key-store.ts';

/** Name of the note that holds the newest audit checkpoint. */
export const CHECKPOINT_NOTE = 'audit/checkpoint';

/** The note as it lies in a key store or in a copy of one: JSON. */
const Sealed = z.strictObject({
  /** What the audit log wrote; empty before its first checkpoint. */
  value: z.string(),
  /** Revision of the key store at this write: grows with every note, also after a restore set the log back. */
  revision: z.int().min(0),
  /** `Integrity.mac` over identity of the store, revision and value. */
  mac: z.string(),
});

export type NoteState =
  /** There was no checkpoint yet. */
  | { is: 'none'; revision: number }
  | { is: 'sound'; text: string; revision: number }
  /** Changed, deleted, or replaced by a note that this key store did not write. */
  | { is: 'forged' };

/** What a copy of the key store notes, compared with the key store in use. */
export interface CopyNote {
  place: string;
  /**
   * `ahead`: newer than the note in use, so that the note in use is an old one that was put back. `behind`: older; the copy is
   * brought up to date. `forged`: not written by this key store. `unreachable`: the copy cannot be read.
   */
  is: 'same' | 'behind' | 'ahead' | 'forged' | 'unreachable';
  /** What the audit log wrote; absent where there is nothing sound. */
  text?: string;
}

export function sealNote(integrity: Integrity, identity: string, value: string, revision: number): string {
  const mac = integrity.mac('checkpoint-note', [identity, revision, value]);
  return JSON.stringify({ value, revision, mac } satisfies z.infer<typeof Sealed>);
}

/** Opens a stored note; `undefined` without one. */
export function openNote(integrity: Integrity, identity: string, text: string | undefined): NoteState {
  const note = text === undefined ? undefined : Sealed.safeParse(parseJson(text)).data;
  if (!note) return { is: 'forged' };
  const { value, revision, mac } = note;
  if (!integrity.verify('checkpoint-note', [identity, revision, value], mac)) return { is: 'forged' };
  return value === '' ? { is: 'none', revision } : { is: 'sound', text: value, revision };
}

/** `theirs` as a copy holds it. A copy from before notes were sealed says nothing. */
export function compareNotes(
  integrity: Integrity,
  identity: string,
  ours: NoteState,
  theirs: string | undefined,
): Omit<CopyNote, 'place'> {
  if (theirs === undefined || !Sealed.safeParse(parseJson(theirs)).success) return { is: 'behind' };
  const note = openNote(integrity, identity, theirs);
  if (note.is === 'forged') return { is: 'forged' };
  const text = note.is === 'sound' ? { text: note.text } : {};
  const revision = ours.is === 'forged' ? -1 : ours.revision;
  const value = ours.is === 'sound' ? ours.text : '';
  if (note.revision < revision) return { is: 'behind', ...text };
  // One write has one note: two with the same number come from two key stores that went on from the same copy.
  const same = note.revision === revision && (note.is === 'sound' ? note.text : '') === value;
  return { is: same ? 'same' : 'ahead', ...text };
}

/** The note of the newest audit checkpoint: only the service can write it, and an older one does not pass for the newest. */
export type CheckpointNote = ReturnType<typeof createCheckpointNote>;

export interface CheckpointNoteDeps {
  keys: Pick<KeyStore, 'note' | 'state' | 'writeAtRevision'>;
  integrity: Integrity;
  /** Reads what each copy notes; absent: there are no copies. */
  copies?: { readNotes(): Promise<{ place: string; note?: { text: string | undefined } }[]> };
}

export function createCheckpointNote({ keys, integrity, copies }: CheckpointNoteDeps) {
  async function read(): Promise<NoteState> {
    // The count last: another node may write in between, and its note names the count of that write.
    const stored = await keys.note(CHECKPOINT_NOTE);
    const { identity, revision } = await keys.state();
    const note = openNote(integrity, identity, stored);
    return note.is !== 'forged' && note.revision > revision ? { is: 'forged' } : note;
  }

  return {
    read,
    /**
     * `change` gets what is noted, undefined where nothing sound is, and gives what will be; in one transaction, so that of two writers
     * none loses what the other noted. On disk in the key store and its reachable copies when it resolves.
     */
    async write(change: (now: string | undefined) => string): Promise<void> {
      const { identity } = await keys.state();
      const before = await read();
      await keys.writeAtRevision(CHECKPOINT_NOTE, (revision, stored) => {
        if (before.is !== 'forged' && before.revision >= revision) throw setBack(before.revision, revision);
        const now = openNote(integrity, identity, stored);
        const sound = now.is === 'sound' && now.revision < revision ? now.text : undefined;
        return sealNote(integrity, identity, change(sound), revision);
      });
    },
    /** Reads the note of every copy. */
    async copies(): Promise<CopyNote[]> {
      const { identity } = await keys.state();
      const ours = await read();
      return ((await copies?.readNotes()) ?? []).map(({ place, note }) => ({
        place,
        ...(note ? compareNotes(integrity, identity, ours, note.text) : { is: 'unreachable' as const }),
      }));
    },
  };
}

const setBack = (noted: number, revision: number) =>
  new Problem(
    'CONFLICT',
    `The key store counts ${revision} writes, but its note of the audit log was made at write ${noted}: the count was set back by hand. Put back the newest copy of the key store.`,
  );
