/** Beginning of a fingerprint by which its window is found: eight characters of base64url. */
export const PRINT = 8;

/** Where a window is found: the beginning of its fingerprint, and when it was seen. */
export interface WindowPrint {
  print: string;
  seenAt: number;
}

/**
 * Prints of windows, in the order in which they came. They lie outside of V8's heap: thousands of objects a second that live for minutes
 * would make it go through all of its heap again and again (docs/decisions/0033).
 */
export interface PrintList {
  readonly size: number;
  /** When the first of them was seen; `Infinity` for none. */
  readonly first: number;
  add(one: WindowPrint): void;
  /** Ordered by print, so that neighbours lie side by side in an index; `at` gives some of them. */
  ordered(): { at(begin: number, count: number): WindowPrint[] };
}

/** Values of the two characters by which prints are put in order before each part is sorted. */
const STARTS = 2 ** 16;

export function createPrintList(): PrintList {
  let bytes = Buffer.alloc(PRINT * 256);
  let times = new Float64Array(256);
  let size = 0;
  let first = Number.POSITIVE_INFINITY;

  function makeRoom(): void {
    if (size < times.length) return;
    bytes = Buffer.concat([bytes], 2 * bytes.length);
    const former = times;
    times = new Float64Array(2 * former.length);
    times.set(former);
  }

  /** Places of the list, by the first two characters of their prints. */
  function byStart(): Uint32Array {
    const ends = new Uint32Array(STARTS + 1);
    const startOf = (i: number) => bytes.readUInt16BE(PRINT * i);
    for (let i = 0; i < size; i++) ends[startOf(i) + 1]!++;
    for (let start = 1; start <= STARTS; start++) ends[start]! += ends[start - 1]!;
    const places = new Uint32Array(size);
    for (let i = 0; i < size; i++) places[ends[startOf(i)]!++] = i;
    return places;
  }

  const read = (i: number): WindowPrint => ({
    print: bytes.toString('latin1', PRINT * i, PRINT * (i + 1)),
    seenAt: times[i]!,
  });

  return {
    get size() {
      return size;
    },
    get first() {
      return first;
    },
    add({ print, seenAt }) {
      makeRoom();
      bytes.write(print, PRINT * size, PRINT, 'latin1');
      times[size++] = seenAt;
      first = Math.min(first, seenAt);
    },
    ordered() {
      const places = byStart();
      return {
        at: (begin, count) =>
          Array.from(places.subarray(begin, begin + count), read).toSorted((a, b) =>
            a.print < b.print ? -1 : a.print > b.print ? 1 : a.seenAt - b.seenAt,
          ),
      };
    },
  };
}
