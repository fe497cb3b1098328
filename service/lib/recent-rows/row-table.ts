/** Of a name: three times 32 bits. */
export type RowKey = readonly [number, number, number];

/** Rows of numbers by key, in the order in which they were set, in arrays of a fixed size. */
export interface RowTable {
  readonly size: number;
  readonly isFull: boolean;
  has(key: RowKey): boolean;
  get(key: RowKey): number[] | undefined;
  /** Makes the row the newest. Throws a RangeError for more than `width` numbers; a new row needs a table that is not full. */
  set(key: RowKey, numbers: readonly number[]): void;
  delete(key: RowKey): void;
  deleteOldest(): void;
}

/** Rows are counted from 1 in all chains: 0 is the end. */
const END = 0;

export function createRowTable(room: number, width: number): RowTable {
  const places = createPlaces(room);
  const ages = createAges(room);
  const numbers = new Float64Array(width * (room + 1));
  const lengths = new Uint16Array(room + 1);

  function read(row: number): number[] {
    const values: number[] = [];
    for (let i = width * row; i < width * row + lengths[row]!; i++) values.push(numbers[i]!);
    return values;
  }

  function remove(row: number): void {
    places.free(row);
    ages.takeOut(row);
  }

  return {
    get size() {
      return places.size;
    },
    get isFull() {
      return places.size === room;
    },
    has: (key) => places.find(key) !== END,
    get(key) {
      const row = places.find(key);
      return row === END ? undefined : read(row);
    },
    set(key, values) {
      if (values.length > width) throw new RangeError(`A row has at most ${width} numbers.`);
      let row = places.find(key);
      if (row === END) row = places.take(key);
      else ages.takeOut(row);
      ages.makeNewest(row);
      for (const [i, value] of values.entries()) numbers[width * row + i] = value;
      lengths[row] = values.length;
    },
    delete(key) {
      const row = places.find(key);
      if (row !== END) remove(row);
    },
    deleteOldest() {
      if (places.size > 0) remove(ages.oldest());
    },
  };
}

/** Which row belongs to which key. */
function createPlaces(room: number) {
  const keys = new Uint32Array(3 * (room + 1));
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, room))) - 1;
  /** The first row of each chain of rows whose keys end alike, and the next one of a chain; also of the chain of free rows. */
  const first = new Uint32Array(mask + 1);
  const next = new Uint32Array(room + 1);
  let size = 0;
  /** The last row that was ever taken. */
  let taken = 0;
  let firstFree = END;

  function takeFree(): number {
    if (firstFree === END) return ++taken;
    const row = firstFree;
    firstFree = next[row]!;
    return row;
  }

  function takeOutOfChain(row: number): void {
    const chain = keys[3 * row]! & mask;
    if (first[chain] === row) {
      first[chain] = next[row]!;
      return;
    }
    let before = first[chain]!;
    while (next[before] !== row) before = next[before]!;
    next[before] = next[row]!;
  }

  return {
    get size() {
      return size;
    },
    find([a, b, c]: RowKey): number {
      let row = first[a & mask]!;
      while (row !== END && !(keys[3 * row] === a && keys[3 * row + 1] === b && keys[3 * row + 2] === c))
        row = next[row]!;
      return row;
    },
    take(key: RowKey): number {
      const row = takeFree();
      keys.set(key, 3 * row);
      const chain = key[0] & mask;
      next[row] = first[chain]!;
      first[chain] = row;
      size++;
      return row;
    },
    free(row: number): void {
      takeOutOfChain(row);
      keys.fill(0, 3 * row, 3 * row + 3);
      next[row] = firstFree;
      firstFree = row;
      size--;
    },
  };
}

/** The rows by age, each with its neighbours; at `END` the oldest and the newest. */
function createAges(room: number) {
  const older = new Uint32Array(room + 1);
  const newer = new Uint32Array(room + 1);
  return {
    oldest: (): number => newer[END]!,
    makeNewest(row: number): void {
      const before = older[END]!;
      newer[before] = row;
      older[row] = before;
      newer[row] = END;
      older[END] = row;
    },
    takeOut(row: number): void {
      newer[older[row]!] = newer[row]!;
      older[newer[row]!] = older[row]!;
    },
  };
}
