import type { Ids } from '../../lib/id.ts';
import type { Checkpoint } from './chain.ts';

/**
 * The newest checkpoint of each chain, as the key store notes them. Of one chain alone its checkpoint, JSON; else
 * `{"chains":{"node_…":checkpoint}}`.
 */
export type NotedCheckpoints = ReadonlyMap<string, Checkpoint>;

/** Parses the note; undefined if invalid. */
export function readNoted(text: string): NotedCheckpoints | undefined {
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    const all = 'chains' in read ? Object.entries(read.chains as object) : [['', read] as const];
    const noted = all.map(([chain, one]) => [chain, readCheckpoint(one)] as const);
    return noted.every(hasCheckpoint) ? new Map(noted) : undefined;
  } catch {
    return undefined;
  }
}

/** What the note says once the newest checkpoint of `chain` is this one. */
export function withNoted(text: string | undefined, chain: string, checkpoint: Checkpoint): string {
  const noted = new Map((text === undefined ? undefined : readNoted(text)) ?? []).set(chain, checkpoint);
  return JSON.stringify(
    noted.size === 1 && chain === '' ? checkpoint : { chains: Object.fromEntries(noted) },
  );
}

const hasCheckpoint = (
  entry: readonly [string, Checkpoint | undefined],
): entry is readonly [string, Checkpoint] => entry[1] !== undefined;

function readCheckpoint(value: unknown): Checkpoint | undefined {
  const { seq, hash, at, kind, previous, kid, signature } = value as Record<string, unknown>;
  const numbers = [seq, at, previous].every(Number.isSafeInteger);
  const texts = [hash, kind, kid, signature].every((field) => typeof field === 'string');
  if (!numbers || !texts) return undefined;
  return { seq, hash, at, kind, previous, kid, signature } as Checkpoint;
}

/** Small facts beside the keys, in another file than the log. */
interface AuditNotes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
  /** Where there is none; gives the one that is there then. */
  addNote(name: string, value: string): Promise<string>;
}

const NOTE = 'appliance/id';

/** Id of the appliance, created once and stored in the key store. It is part of every signature. */
export async function applianceIdentity(notes: AuditNotes, ids: Ids): Promise<string> {
  return (await notes.note(NOTE)) ?? (await notes.addNote(NOTE, ids.next('appliance')));
}
