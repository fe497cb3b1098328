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

/** In the order of the slots. */
interface Entries {
  keys: Uint32Array;
  slots: Uint32Array;
  uses: Uint32Array;
}

const none: Entries = { keys: new Uint32Array(), slots: new Uint32Array(), uses: new Uint32Array() };

/** `room`: a power of two. */
export function createUseRing(room: number, entries: Entries = none): UseRing {
  const slots = new Uint32Array(room);
  const uses = new Uint32Array(room);
  const chains = createChains(room, entries.keys);
  /** Entries lie side by side from `begin` on, after the last place at the first again. */
  let begin = 0;
  let size = entries.slots.length;
  slots.set(entries.slots);
  uses.set(entries.uses);

  const placeOf = (entry: number): number => (begin + entry) & (room - 1);
  const startAt = (place: number): number => slots[place]! * SLOT;

  function append(key: RowKey, slot: number, used: number): void {
    const place = placeOf(size);
    slots[place] = size > 0 ? Math.max(slot, slots[placeOf(size - 1)]!) : slot;
    uses[place] = used;
    chains.put(place, key);
    size++;
  }

  /** Of an array with this many numbers for each entry. */
  function inOrder(array: Uint32Array, width: number): Uint32Array {
    const end = Math.min(room, begin + size);
    const ordered = new Uint32Array(width * size);
    ordered.set(array.subarray(width * begin, width * end));
    ordered.set(array.subarray(0, width * (begin + size - end)), width * (end - begin));
    return ordered;
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
      return size === 0 ? undefined : startAt(placeOf(size - 1));
    },
    of(key) {
      const window: { start: number; used: number }[] = [];
      for (let place = chains.newest(key); place !== NONE; place = chains.next(place, key))
        if (uses[place]! > 0) window.push({ start: startAt(place), used: uses[place]! });
      return window.reverse();
    },
    set(key, start, used) {
      const slot = Math.floor(start / SLOT);
      let place = chains.newest(key);
      while (place !== NONE && slots[place] !== slot) place = chains.next(place, key);
      if (place === NONE) append(key, slot, used);
      else uses[place] = used;
    },
    delete(key) {
      for (let place = chains.newest(key); place !== NONE; place = chains.next(place, key)) uses[place] = 0;
    },
    deleteOldest() {
      if (size === 0) return;
      chains.takeOut(begin);
      begin = placeOf(1);
      size--;
    },
    resized: (other) =>
      createUseRing(other, {
        keys: inOrder(chains.keys, 3),
        slots: inOrder(slots, 1),
        uses: inOrder(uses, 1),
      }),
  };
}

/** No place. Places are counted from 1 in chains, where 0 is the end. */
const NONE = -1;
/** Which places belong to which key. The first places are those of `known`. */
function createChains(room: number, known: Uint32Array) {
  const mask = room - 1;
  const keys = new Uint32Array(3 * room);
  /** The newest place of each chain of keys that end alike, and the next older one. */
  const first = new Uint32Array(room);
  const older = new Uint32Array(room);
  keys.set(known);
  for (let place = 0; 3 * place < known.length; place++) link(place);

  function link(place: number): void {
    const chain = keys[3 * place]! & mask;
    older[place] = first[chain]!;
    first[chain] = place + 1;
  }

  /** The first place of the key from this one of its chain on. */
  function search(from: number, key: RowKey): number {
    let place = from - 1;
    while (place !== NONE && !isAt(place, key)) place = older[place]! - 1;
    return place;
  }

  const isAt = (place: number, key: RowKey): boolean =>
    keys[3 * place] === key[0] && keys[3 * place + 1] === key[1] && keys[3 * place + 2] === key[2];

  return {
    keys,
    newest: (key: RowKey): number => search(first[key[0] & mask]!, key),
    next: (place: number, key: RowKey): number => search(older[place]!, key),
    put(place: number, key: RowKey): void {
      keys.set(key, 3 * place);
      link(place);
    },
    takeOut(place: number): void {
      const chain = keys[3 * place]! & mask;
      if (first[chain] === place + 1) {
        first[chain] = older[place]!;
        return;
      }
      let before = first[chain]! - 1;
      while (older[before] !== place + 1) before = older[before]! - 1;
      older[before] = older[place]!;
    },
  };
}
