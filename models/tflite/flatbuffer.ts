/** One table of a flatbuffer. Fields are asked for by their number in the schema; a field that is left out gives the fallback, or nothing. */
export interface Table {
  int8(field: number, fallback: number): number;
  uint8(field: number, fallback: number): number;
  int32(field: number, fallback: number): number;
  uint32(field: number, fallback: number): number;
  has(field: number): boolean;
  table(field: number): Table | undefined;
  /** Throws Error where there are more than `most`. */
  tables(field: number, most: number): Table[];
  /** Throws Error where there are more than `most`. */
  int32s(field: number, most: number): number[];
  /** How many things the vector of the field holds, each of so many bytes. */
  count(field: number, bytesPerItem: number): number;
  /** A view into the file. */
  bytes(field: number): Uint8Array;
}

const WORD = 4;

/**
 * The root table of a flatbuffer with this file identifier. Every offset and length is checked against the file before it is followed: what
 * lies outside throws Error. Offsets between tables point forward only, so that no path through the file comes back to where it was.
 */
export function readFlatbuffer(bytes: Uint8Array, identifier: string): Table {
  const file = createFile(bytes);
  const found = String.fromCharCode(...bytes.subarray(4, 8));
  if (found !== identifier)
    throw new Error(`The file is no flatbuffer of the kind ${identifier}: its identifier is missing.`);
  return createTable(file, file.follow(0));
}

type File = ReturnType<typeof createFile>;

function createFile(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** The position again, once so many bytes are known to be there. */
  const at = (position: number, size: number): number => {
    if (position < 0 || position + size > bytes.length)
      throw new Error(
        `The flatbuffer points outside the file: bytes ${position} to ${position + size} of ${bytes.length}.`,
      );
    return position;
  };
  const file = {
    int8: (position: number) => view.getInt8(at(position, 1)),
    uint8: (position: number) => view.getUint8(at(position, 1)),
    uint16: (position: number) => view.getUint16(at(position, 2), true),
    int32: (position: number) => view.getInt32(at(position, WORD), true),
    uint32: (position: number) => view.getUint32(at(position, WORD), true),
    /** Where the offset at this position leads. */
    follow(position: number): number {
      const offset = file.uint32(position);
      if (offset < WORD)
        throw new Error(`The flatbuffer has an offset at byte ${position} that leads nowhere.`);
      return at(position + offset, WORD);
    },
    /** First item and number of items of the vector that the offset at this position leads to. */
    vector(position: number, bytesPerItem: number): { first: number; count: number } {
      const start = file.follow(position);
      const count = file.uint32(start);
      return { first: at(start + WORD, count * bytesPerItem), count };
    },
    slice: (first: number, count: number) => bytes.subarray(first, first + count),
  };
  return file;
}

function createTable(file: File, position: number): Table {
  const layout = position - file.int32(position);
  const [layoutSize, size] = [file.uint16(layout), file.uint16(layout + 2)];
  // The last byte of both: what lies between the first and the last is in the file, too.
  file.uint8(layout + layoutSize - 1);
  file.uint8(position + size - 1);
  if (layoutSize < 4 || size < WORD)
    throw new Error(`The flatbuffer has a broken table at byte ${position}.`);

  /** Where a field of so many bytes lies, if the table has it. */
  const place = (field: number, bytes: number): number | undefined => {
    const entry = 4 + 2 * field;
    const offset = entry + 2 > layoutSize ? 0 : file.uint16(layout + entry);
    if (offset === 0) return undefined;
    if (offset < WORD || offset + bytes > size)
      throw new Error(`The flatbuffer has a field outside its table at byte ${position}.`);
    return position + offset;
  };
  const scalar = (field: number, bytes: number, read: (at: number) => number, fallback: number): number => {
    const found = place(field, bytes);
    return found === undefined ? fallback : read(found);
  };
  const vector = (field: number, bytesPerItem: number, most = Number.POSITIVE_INFINITY) => {
    const found = place(field, WORD);
    if (found === undefined) return { first: 0, count: 0 };
    const { first, count } = file.vector(found, bytesPerItem);
    if (count > most) throw new Error(`The flatbuffer has a list of ${count}; ${most} are the most.`);
    return { first, count };
  };
  return {
    int8: (field, fallback) => scalar(field, 1, file.int8, fallback),
    uint8: (field, fallback) => scalar(field, 1, file.uint8, fallback),
    int32: (field, fallback) => scalar(field, WORD, file.int32, fallback),
    uint32: (field, fallback) => scalar(field, WORD, file.uint32, fallback),
    has: (field) => place(field, 1) !== undefined,
    table(field) {
      const found = place(field, WORD);
      return found === undefined ? undefined : createTable(file, file.follow(found));
    },
    tables(field, most) {
      const { first, count } = vector(field, WORD, most);
      return Array.from({ length: count }, (_, i) => createTable(file, file.follow(first + WORD * i)));
    },
    int32s(field, most) {
      const { first, count } = vector(field, WORD, most);
      return Array.from({ length: count }, (_, i) => file.int32(first + WORD * i));
    },
    count: (field, bytesPerItem) => vector(field, bytesPerItem).count,
    bytes(field) {
      const { first, count } = vector(field, 1);
      return file.slice(first, count);
    },
  };
}
