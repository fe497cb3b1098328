import { createIdRows } from '../../lib/collections/id-rows.ts';
import type { Nearest } from './best-rows.ts';
import { type ByteRows, createByteRows } from './byte-rows.ts';
import { capacityFor, createSharedMemory, PAGE, STEP } from './gallery-kernel.ts';
import { type Area, desk, TOGETHER } from './gallery-scan.ts';

const FLOAT_BYTES = 4;

/**
 * The rows of one gallery in shared memory, without gaps: erasing moves the last row into the hole and zeroes the
 * place it left, so no copy of an erased vector remains. From a number of rows on each is there as bytes too. Only the thread that made the matrix writes to it; searches
 * in other threads read rows in place, and `settle` sets right what they read of rows that changed meanwhile.
 */
export type GalleryMatrix = ReturnType<typeof createGalleryMatrix>;

interface MatrixSearch {
  /** How many rows to scan. */
  readonly rows: number;
  /**
   * The best `count` of what was found, corrected: a row that was written or moved since `begin` is scored again as it
   * is now, one that is gone is left out. 'again' if more rows changed than `found` had to spare.
   */
  settle(found: Nearest, count: number): GalleryCandidate[] | 'again';
  /** Must follow every `begin`. */
  end(): void;
}

/** A search asks for this many rows more than it needs, so that rows that change meanwhile crowd no other out. */
export const SPARE_ROWS = 16;

/** From so many rows on they are kept as bytes too: fewer are searched in a millisecond, and need no further quarter of memory. */
export const BYTES_FROM = 16_384;

/** `dimensions` numbers a row; `threads` is how many threads may search at once. */
export function createGalleryMatrix(
  dimensions: number,
  threads: number,
  { bytesFrom = BYTES_FROM }: { bytesFrom?: number } = {},
) {
  const rows = createRows(dimensions, threads);
  let area: Area = rows.area;
  let bytes: ByteRows | undefined;
  const ids = createIdRows();
  const running = new Set<{ rows: number; stale: Set<number> }>();

  const note = (row: number): void => {
    for (const search of running) {
      if (row < search.rows && search.stale.size <= SPARE_ROWS) search.stale.add(row);
    }
  };

  function keepAsBytes(): void {
    bytes = createByteRows(dimensions, threads, TOGETHER);
    for (let row = 0; row < ids.size(); row++) bytes.write(row, rows.read(row));
    area = { ...rows.area, bytes: bytes.area };
  }

  return {
    /** Another one once there are enough rows to keep them as bytes too. */
    get area(): Area {
      return area;
    },
    /** Whose rows they are, and which are marked. */
    ids,
    /** A copy of the row, padded as it is. */
    read: rows.read,

    /** Makes room for so many rows at once. */
    reserve(wanted: number): void {
      rows.reserve(wanted);
      if (wanted < bytesFrom) return;
      if (bytes === undefined) keepAsBytes();
      bytes!.reserve(wanted);
    },

    /** True if it replaced a row. */
    put(template: string, vector: Float32Array, marked: boolean = false): boolean {
      const known = ids.rowOf(template);
      const row = known === -1 ? ids.size() : known;
      rows.write(row, vector);
      bytes?.write(row, vector);
      if (known === -1) ids.add(template);
      if (bytes === undefined && ids.size() >= bytesFrom) keepAsBytes();
      ids.mark(row, marked);
      note(row);
      return known !== -1;
    },

    /** False if there was no such template. */
    erase(template: string): boolean {
      const row = ids.rowOf(template);
      if (row === -1) return false;
      const last = ids.size() - 1;
      if (row !== last) {
        rows.copy(last, row);
        bytes?.copy(last, row);
        note(row);
      }
      ids.remove(row);
      rows.clear(last);
      bytes?.clear(last);
      note(last);
      return true;
    },

    /** Begins a search over the rows there are now. */
    begin(probe: Float32Array): MatrixSearch {
      const search = { rows: ids.size(), stale: new Set<number>() };
      running.add(search);
      return {
        rows: search.rows,
        settle(found, count) {
          const { stale } = search;
          if (stale.size > SPARE_ROWS) return 'again';
          const candidates: GalleryCandidate[] = [];
          for (const [i, row] of found.rows.entries()) {
            if (stale.has(row)) continue;
            candidates.push({ template: ids.idAt(row), similarity: found.similarities[i]! });
          }
          for (const row of stale) {
            if (row < ids.size())
              candidates.push({ template: ids.idAt(row), similarity: rows.similarity(row, probe) });
          }
          return candidates
            .sort((a, b) => b.similarity - a.similarity || (a.template < b.template ? -1 : 1))
            .slice(0, count);
        },
        end: () => {
          running.delete(search);
        },
      };
    },
  };
}

/** Numbered rows of one length in shared memory that grows. */
function createRows(dimensions: number, threads: number) {
  const stride = Math.ceil(dimensions / STEP) * STEP;
  const strideBytes = stride * FLOAT_BYTES;
  const base = Math.ceil(desk(strideBytes, threads - 1).end / PAGE) * PAGE;
  const memory = createSharedMemory(base / PAGE + 1);
  const area: Area = { memory, strideBytes, base };
  let cells = new Float32Array(memory.buffer);
  let capacity = Math.floor(PAGE / strideBytes);

  const start = (row: number): number => base / FLOAT_BYTES + row * stride;

  function reserve(rows: number): void {
    if (rows <= capacity) return;
    const wanted = capacityFor(rows, { capacity, base, size: strideBytes });
    const pages = Math.ceil((base + wanted * strideBytes) / PAGE) - memory.buffer.byteLength / PAGE;
    memory.grow(pages);
    cells = new Float32Array(memory.buffer);
    capacity = Math.floor((memory.buffer.byteLength - base) / strideBytes);
  }

  return {
    area,
    reserve,
    read: (row: number): Float32Array => cells.slice(start(row), start(row) + stride),
    write(row: number, vector: Float32Array): void {
      reserve(row + 1);
      cells.set(vector, start(row));
    },
    copy(from: number, to: number): void {
      cells.copyWithin(start(to), start(from), start(from) + stride);
    },
    clear(row: number): void {
      cells.fill(0, start(row), start(row) + stride);
    },
    similarity(row: number, probe: Float32Array): number {
      let sum = 0;
      const from = start(row);
      for (let i = 0; i < probe.length; i++) sum += probe[i]! * cells[from + i]!;
      return sum;
    },
  };
}

export interface GalleryCandidate {
  /** The template's id, as added. */
  template: string;
  /** Cosine, -1..1. */
  similarity: number;
}
