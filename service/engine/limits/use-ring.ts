import type { RowKey } from '../../lib/recent-rows/row-table.ts';
import type { SlidingWindow } from '../../lib/sliding-window.ts';
import { SLOT } from './rate-window.ts';

/**
 * Uses by key and slot of time, in the order of the slots, in arrays of a fixed size outside of V8's heap. What is over is therefore at one
 * end, and nothing is searched for it. 28 bytes for each entry.
 */
export interface UseRing {
  readonly size: number;
  readonly room: number;
  /** Start of the oldest slot, and of the newest; undefined where there is none. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** The slots in which this key was used, oldest first. */
  of(key: RowKey): SlidingWindow;
  /** In the place of what the key has in this slot. A new entry goes into the newest slot at the earliest, and needs a ring that is not full. */
  set(key: RowKey, start: number, used: number): void;
  /** The key has no uses from now on. */
  delete(key: RowKey): void;
  deleteOldest(): void;
  /** The same entries in a ring of this size. */
  resized(room: number): UseRing;
}

/** Entries are counted from 1 in chains: 0 is the end. */
const END = 0;

/** In the order of the slots. */
interface Entries {
  keys: Uint32Array;
  slots: Uint32Array;
  uses: Uint32Array;
}

const none: Entries = { keys: new Uint32Array(), slots: new Uint32Array(), uses: new Uint32Array() };

/** `room`: a power of two. */
export function createUseRing(room: number, entries: Entries = none): UseRing {
  const mask = room - 1;
  const keys = new Uint32Array(3 * room);
  const slots = new Uint32Array(room);
  const uses = new Uint32Array(room);
  /** The newest entry of each chain of entries whose keys end alike, and the next older one. */
  const first = new Uint32Array(room);
  const older = new Uint32Array(room);
  let begin = 0;
  let size = entries.slots.length;
  keys.set(entries.keys);
  slots.set(entries.slots);
  uses.set(entries.uses);
  for (let position = 0; position < size; position++) putIntoChain(position);

  const startAt = (position: number): number => slots[position]! * SLOT;
  const isOf = (position: number, key: RowKey): boolean =>
    keys[3 * position] === key[0] && keys[3 * position + 1] === key[1] && keys[3 * position + 2] === key[2];

  function visit(key: RowKey, found: (position: number) => boolean): void {
    for (let entry = first[key[0] & mask]!; entry !== END; entry = older[entry - 1]!)
      if (isOf(entry - 1, key) && found(entry - 1)) return;
  }

  function append(key: RowKey, slot: number, used: number): void {
    const position = (begin + size++) & mask;
    keys.set(key, 3 * position);
    slots[position] = size > 1 ? Math.max(slot, slots[(position - 1) & mask]!) : slot;
    uses[position] = used;
    putIntoChain(position);
  }

  function putIntoChain(position: number): void {
    const chain = keys[3 * position]! & mask;
    older[position] = first[chain]!;
    first[chain] = position + 1;
  }

  /** Of an array with this many numbers for each entry. */
  function inOrder(array: Uint32Array, width: number): Uint32Array {
    const end = Math.min(room, begin + size);
    const ordered = new Uint32Array(width * size);
    ordered.set(array.subarray(width * begin, width * end));
    ordered.set(array.subarray(0, width * (begin + size - end)), width * (end - begin));
    return ordered;
  }

  function takeOutOfChain(position: number): void {
    const chain = keys[3 * position]! & mask;
    if (first[chain] === position + 1) {
      first[chain] = older[position]!;
      return;
    }
    let before = first[chain]! - 1;
    while (older[before] !== position + 1) before = older[before]! - 1;
    older[before] = older[position]!;
  }

  return {
    get size() {
      return size;
    },
    room,
    get oldest() {
      return size === 0 ? undefined : startAt(begin);
    },
    get newest() {
      return size === 0 ? undefined : startAt((begin + size - 1) & mask);
    },
    of(key) {
      const window: { start: number; used: number }[] = [];
      visit(key, (position) => {
        if (uses[position]! > 0) window.push({ start: startAt(position), used: uses[position]! });
        return false;
      });
      return window.reverse();
    },
    set(key, start, used) {
      const slot = Math.floor(start / SLOT);
      let isKnown = false;
      visit(key, (position) => {
        isKnown = slots[position] === slot;
        if (isKnown) uses[position] = used;
        return isKnown;
      });
      if (!isKnown) append(key, slot, used);
    },
    delete(key) {
      visit(key, (position) => {
        uses[position] = 0;
        return false;
      });
    },
    deleteOldest() {
      if (size === 0) return;
      takeOutOfChain(begin);
      begin = (begin + 1) & mask;
      size--;
    },
    resized: (other) =>
      createUseRing(other, { keys: inOrder(keys, 3), slots: inOrder(slots, 1), uses: inOrder(uses, 1) }),
  };
}
