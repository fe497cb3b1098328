import { createTurns, type Turns } from './turns.ts';

/** Decisions of which there is one at a time for each key: a search in memory decides them, or what is not yet written. */
export type Decision =
  | 'uniqueness'
  | 'enrollment'
  | 'address'
  | 'refused-picture'
  | 'replay'
  | 'test-delivery'
  | 'keys'
  | 'setup';

/**
 * Turns that all who write to the database take together. They are taken before the transaction: one that waits for a lock sees the record
 * as it was before the wait. What is decided from memory is looked up again in the turn (`Position.catchUp`).
 */
export interface Locks {
  of(decision: Decision): Turns;
  /** Takes one of the `most` places of a key, where one is free, until `free` or the end of the process. Of several, in the key's turn. */
  takeSlot(decision: Decision, key: string, most: number): Promise<Slot>;
}

export interface Slot {
  /** How many are taken by others; `most` at most. */
  others: number;
  free(): Promise<void>;
}

/** Of the one service of a database. */
export function createOwnLocks(): Locks {
  const turns = new Map<Decision, Turns>();
  const taken = new Map<string, number>();
  return {
    of(decision) {
      const known = turns.get(decision) ?? createTurns();
      turns.set(decision, known);
      return known;
    },
    async takeSlot(decision, key, most) {
      const name = `${decision}/${key}`;
      const others = taken.get(name) ?? 0;
      if (others >= most) return { others: most, free: async () => {} };
      count(taken, name, 1);
      return { others, free: once(async () => void count(taken, name, -1)) };
    },
  };
}

function count(taken: Map<string, number>, name: string, more: number): void {
  const left = (taken.get(name) ?? 0) + more;
  if (left > 0) taken.set(name, left);
  else taken.delete(name);
}

/** However often it is called. */
export function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
