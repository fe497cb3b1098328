import { defined } from '../../lib/defined.ts';
import { type Checkpoint, type CopyNote, checkpointBytes, type Damage, type NoteState } from './chain.ts';
import { type NotedCheckpoints, readNoted } from './noted.ts';
import { isSigned, type PublicKeys } from './walk-chain.ts';

/** What the key store notes as the newest checkpoints; 'not-compared' for a copy that is older by its nature, such as a backup. */
export type ComparedNote = NoteState | 'not-compared';

export interface ComparedCopy {
  place: string;
  note: CopyNote['is'];
  /** Seq of the checkpoint that it notes; absent where it notes those of several chains. */
  line?: number;
}

/** None of an invalid note; of each chain only what this appliance signed. */
export function readSignedNote(note: ComparedNote, keys: PublicKeys, appliance: string): NotedCheckpoints {
  const noted = note !== 'not-compared' && note.is === 'sound' ? readNoted(note.text) : undefined;
  return new Map(
    [...(noted ?? [])].filter(([chain, one]) =>
      isSigned(keys, checkpointBytes({ appliance, chain }, one), one),
    ),
  );
}

const lineOf = (text: string | undefined): number | undefined => {
  const noted = text === undefined ? undefined : readNoted(text);
  return noted?.size === 1 ? noted.get('')?.seq : undefined;
};

export function toComparedCopy(copy: CopyNote): ComparedCopy {
  return { place: copy.place, note: copy.is, ...defined({ line: lineOf(copy.text) }) };
}

export function judgeCopies(copies: readonly CopyNote[], noted: NotedCheckpoints): Damage | undefined {
  const ahead = copies.find(({ is }) => is === 'ahead');
  if (!ahead) return undefined;
  const line = lineOf(ahead.text);
  const ours =
    noted.size > 1
      ? 'one of each chain'
      : noted.size === 1
        ? `line ${noted.values().next().value!.seq}`
        : 'none';
  return {
    seq: noted.get('')?.seq ?? 0,
    is: 'note-behind',
    says: `The copy of the key store in ${ahead.place} notes a newer checkpoint${line === undefined ? '' : ` (line ${line})`} than the key store in use (${ours}): an old note or an old key store was put back, and the log may have been cut.`,
  };
}

/** Whether the note as a whole is as the service wrote it; `last` as in the sentence about a chain. */
export function judgeNote(note: ComparedNote, last: number): Damage | undefined {
  if (note === 'not-compared' || note.is !== 'forged') return undefined;
  return {
    seq: last,
    is: 'bad-signature',
    says: 'The note of the newest audit checkpoint in the key store is not as the service wrote it: it was changed, deleted, or put back from elsewhere, and the log may have been cut.',
  };
}

interface NotedChain {
  note: ComparedNote;
  chain: string;
  noted: Checkpoint | undefined;
  /** The newest in the database. */
  newest: Checkpoint | undefined;
  /** Its last line. */
  last: number;
}

/** Checks of a chain outside its walk: checkpoints beyond its end, and what the note says of it. */
export function judgeNoted({ note, chain, noted, newest, last }: NotedChain): Damage | undefined {
  const of = (seq: number, is: Damage['is'], says: string): Damage => ({ seq, is, says });
  if (newest && newest.seq > last) {
    return of(
      last + 1,
      'truncated',
      `The log ends at line ${last}, but there is a checkpoint at line ${newest.seq}: the lines after ${last} were cut off.`,
    );
  }
  if (note === 'not-compared' || note.is === 'forged') return undefined;
  if (!noted && note.is === 'sound' && readNoted(note.text)?.has(chain) !== false) {
    return of(
      last,
      'bad-signature',
      'The checkpoint that the key store remembers is not validly signed by this appliance.',
    );
  }
  if (!noted) {
    if (!newest) return undefined;
    return of(
      newest.seq,
      'checkpoint-missing',
      `The key store should remember the checkpoint at line ${newest.seq}, and remembers none: its note was deleted, or an old key store was put back.`,
    );
  }
  if ((newest?.seq ?? 0) < noted.seq && noted.seq <= last) {
    return of(
      noted.seq,
      'checkpoint-missing',
      `The key store remembers a checkpoint at line ${noted.seq}, but the newest in the database is ${newest ? `at line ${newest.seq}` : 'none'}: checkpoints were deleted.`,
    );
  }
  return undefined;
}
