import type { OrganizationId } from '../../lib/id.ts';

/** Facts that are never older than the keys: an old database does not bring back an old clock. */
export interface Notes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
}

/** When the clock was last trusted: by a daily sweep without doubts, or by an operator. */
export interface Believed {
  /** ms since 1970. */
  at: number;
  /** The last line of the audit log then; absent in notes of earlier releases. */
  line?: number;
  /** When the first program on this directory was built that wrote this note; absent in notes of earlier releases. */
  builtAt?: number;
}

/** A sweep that changed nothing, because an operator has to confirm it first. */
export interface WaitingSweep {
  organization: OrganizationId;
  /** People it would erase, of so many. */
  due: number;
  people: number;
  /** Why it asks, in a sentence. */
  why: string;
}

/** Pending confirmations. */
export interface Waiting {
  /** Why the clock is doubted; nothing is swept until an operator confirms it. */
  clock?: string;
  sweeps: WaitingSweep[];
}

const LAST_SWEEP = 'retention.last-sweep';
const WAITING = 'retention.waiting';
const nothing: Waiting = { sweeps: [] };

export type SweepNotes = ReturnType<typeof createSweepNotes>;

export function createSweepNotes(notes: Notes) {
  const read = async <T>(name: string): Promise<T | undefined> => {
    const text = await notes.note(name);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  let known: Waiting | undefined;
  async function waiting(): Promise<Waiting> {
    known ??= (await read<Waiting>(WAITING)) ?? nothing;
    return known;
  }
  return {
    believed: () => read<Believed>(LAST_SWEEP),
    believe: (believed: Believed) => notes.setNote(LAST_SWEEP, JSON.stringify(believed)),
    /** Read once. */
    waiting,
    /** Each write goes to every copy of the key store: only what changed is written. */
    async setWaiting(now: Waiting): Promise<void> {
      const text = JSON.stringify(now);
      if (text !== JSON.stringify(await waiting())) await notes.setNote(WAITING, text);
      known = now;
    },
  };
}
