/** Bytes of a row: how long the id is, then its characters. */
const WIDTH = 32;
const WORDS = WIDTH / 4;
const FEWEST_ROWS = 16;

/**
 * Ids in numbered rows without gaps, each marked or not and with some numbers beside it, outside the heap of JavaScript: a million
 * strings and objects in maps and sets are gone through by every collection of garbage, while everything else waits.
 */
export interface IdRows {
  size(): number;
  /** Of how many rows the mark is set. */
  marked(): number;
  /** -1 where there is none. */
  rowOf(id: string): number;
  idAt(row: number): string;
  isMarked(row: number): boolean;
  mark(row: number, marked: boolean): void;
  /** The numbers beside the id, to be read and written; another row's once this one has moved. */
  numbersAt(row: number): Float64Array;
  /** An id that is not there gets the row after the last, without a mark and with zeros. Throws RangeError for one that is not ASCII or longer than 31. */
  add(id: string): number;
  /** The last row moves into the place of this one, and nothing stays where it was. */
  remove(row: number): void;
}

/** `beside`: how many numbers each id has. */
export function createIdRows(beside = 0): IdRows {
  let capacity = FEWEST_ROWS;
  let words = new Uint32Array(capacity * WORDS);
  let characters = Buffer.from(words.buffer);
  let hashes = new Uint32Array(capacity);
  let marks = new Uint8Array(capacity);
  let numbers = new Float64Array(capacity * beside);
  /** Open addressing: one more than the row, 0 where there is none. Never more than half full. */
  let slots = new Uint32Array(2 * capacity);
  let size = 0;
  let marked = 0;
  /** The id that is looked for, as a row has it. */
  const wanted = new Uint32Array(WORDS);
  const wantedBytes = new Uint8Array(wanted.buffer);

  /** Fills `wanted` and gives its hash; undefined for what no row has room for. */
  function read(id: string): number | undefined {
    if (id.length >= WIDTH) return undefined;
    wanted.fill(0);
    wantedBytes[0] = id.length;
    let hash = 0x811c9dc5;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      if (code > 127) return undefined;
      wantedBytes[i + 1] = code;
      hash = Math.imul(hash ^ code, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  const isWanted = (row: number): boolean => {
    for (let i = 0, at = row * WORDS; i < WORDS; i++, at++) if (words[at] !== wanted[i]) return false;
    return true;
  };

  function findRow(hash: number): number {
    const mask = slots.length - 1;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1;
      if (hashes[row] === hash && isWanted(row)) return row;
    }
    return -1;
  }

  function enter(row: number): void {
    const mask = slots.length - 1;
    let slot = hashes[row]! & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }

  const slotOf = (row: number): number => {
    const mask = slots.length - 1;
    let slot = hashes[row]! & mask;
    while (slots[slot] !== row + 1) slot = (slot + 1) & mask;
    return slot;
  };

  /** Those behind the slot that would not be found any more move up. */
  function empty(slot: number): void {
    const mask = slots.length - 1;
    let hole = slot;
    for (let next = (hole + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[slots[next]! - 1]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      slots[hole] = slots[next]!;
      hole = next;
    }
    slots[hole] = 0;
  }

  function grow(): void {
    capacity *= 2;
    words = copied(words, new Uint32Array(capacity * WORDS));
    characters = Buffer.from(words.buffer);
    hashes = copied(hashes, new Uint32Array(capacity));
    marks = copied(marks, new Uint8Array(capacity));
    numbers = copied(numbers, new Float64Array(capacity * beside));
    slots = new Uint32Array(2 * capacity);
    for (let row = 0; row < size; row++) enter(row);
  }

  function mark(row: number, to: boolean): void {
    marked += Number(to) - marks[row]!;
    marks[row] = Number(to);
  }

  return {
    size: () => size,
    marked: () => marked,
    rowOf(id) {
      const hash = read(id);
      return hash === undefined ? -1 : findRow(hash);
    },
    idAt(row) {
      const at = row * WIDTH;
      return characters.toString('latin1', at + 1, at + 1 + characters[at]!);
    },
    isMarked: (row) => marks[row] === 1,
    mark,
    numbersAt: (row) => numbers.subarray(row * beside, (row + 1) * beside),
    add(id) {
      const hash = read(id);
      if (hash === undefined)
        throw new RangeError(`An id consists of at most ${WIDTH - 1} ASCII characters: ${id}.`);
      if (size === capacity) grow();
      words.set(wanted, size * WORDS);
      hashes[size] = hash;
      enter(size);
      size += 1;
      return size - 1;
    },
    remove(row) {
      const last = size - 1;
      empty(slotOf(row));
      mark(row, false);
      if (row !== last) {
        slots[slotOf(last)] = row + 1;
        words.copyWithin(row * WORDS, last * WORDS, (last + 1) * WORDS);
        numbers.copyWithin(row * beside, last * beside, size * beside);
        hashes[row] = hashes[last]!;
        mark(row, marks[last] === 1);
        mark(last, false);
      }
      words.fill(0, last * WORDS, size * WORDS);
      numbers.fill(0, last * beside, size * beside);
      size = last;
    },
  };
}

function copied<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
