import { hash } from 'node:crypto';
import { createRowTable, type RowKey } from './row-table.ts';

/**
 * Rows of numbers by name, the longest untouched ones forgotten where there are too many. They lie outside of V8's heap: where thousands
 * of objects a second live for some seconds each, V8 goes through all of its heap again and again, and requests wait for a quarter of a
 * second meanwhile (2026-11-23). A name is known by 96 bits of its SHA-256.
 */
export interface RecentRows {
  readonly size: number;
  get(name: string): number[] | undefined;
  has(name: string): boolean;
  /** Throws a RangeError for more numbers than a row has. */
  set(name: string, numbers: readonly number[]): void;
  delete(name: string): void;
}

/**
 * The room for all rows is taken at once, and the system gives memory to what is written of it. A table that grew by copies held up all
 * requests for 77 ms when it came to 65,536 rows (2026-11-25).
 * @param most rows that are held
 * @param width numbers of a row, at most
 */
export function createRecentRows({ most, width }: { most: number; width: number }): RecentRows {
  const table = createRowTable(most, width);
  const known = createLastKey();

  return {
    get size() {
      return table.size;
    },
    get: (name) => table.get(known(name)),
    has: (name) => table.has(known(name)),
    set(name, numbers) {
      const key = known(name);
      if (table.isFull && !table.has(key)) table.deleteOldest();
      table.set(key, numbers);
    },
    delete: (name) => table.delete(known(name)),
  };
}

/** The key of a name. One that was asked for just before is not hashed again: a row is mostly set right after it was read. */
export function createLastKey(): (name: string) => RowKey {
  let last: { name: string; key: RowKey } = { name: '', key: keyOf('') };
  return (name) => {
    if (name !== last.name) last = { name, key: keyOf(name) };
    return last.key;
  };
}

function keyOf(name: string): RowKey {
  const bytes = hash('sha256', name, 'buffer');
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
}
