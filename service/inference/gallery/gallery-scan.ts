import { type Dots, instantiateKernel, type KernelModule, type SharedMemory } from './gallery-kernel.ts';

/** Rows that are compared with each probe before the next ones are read: 256 KiB of 256 numbers, which stay in the second cache. */
const BLOCK = 256;
/** Probes that share a pass over the rows. */
export const TOGETHER = 16;

/** Where a thread puts its probes and the cosines of one block, before the rows; every thread has a place of its own. */
export function desk(strideBytes: number, thread: number): { probes: number; cosines: number; end: number } {
  const size = TOGETHER * strideBytes + 4 * BLOCK;
  const probes = thread * size;
  return { probes, cosines: probes + TOGETHER * strideBytes, end: probes + size };
}

export interface Area {
  memory: SharedMemory;
  strideBytes: number;
  /** Address of the first row. */
  base: number;
}

/** Row numbers and cosines, best first. */
export interface Nearest {
  rows: number[];
  similarities: number[];
}

/** The `count` best of the first `rows` rows. `probe` has as many numbers as the rows before padding, or fewer. */
export interface Scan {
  probe: Float32Array;
  rows: number;
  count: number;
}

export interface Scanner {
  /** At most `TOGETHER`, in one pass over the rows: the memory is read once for all of them. */
  nearest(scans: readonly Scan[]): Nearest[];
}

/** For one thread: threads are numbered from 0, and no two use the same number on one memory. */
export function createScanner(kernel: KernelModule, area: Area, thread: number): Scanner {
  const { memory, strideBytes, base } = area;
  const dots: Dots = instantiateKernel(kernel, memory);
  const place = desk(strideBytes, thread);
  const probes = new Float32Array(memory.buffer, place.probes, (TOGETHER * strideBytes) / 4);
  const cosines = new Float32Array(memory.buffer, place.cosines, BLOCK);
  return {
    nearest(scans) {
      const bests = scans.map(({ rows, count }) => createBest(Math.max(0, Math.min(count, rows))));
      for (const [i, { probe }] of scans.entries()) probes.set(probe, (i * strideBytes) / 4);
      const most = Math.max(...scans.map(({ rows, count }) => (count > 0 ? rows : 0)));
      for (let first = 0; first < most; first += BLOCK) {
        for (const [i, { rows, count }] of scans.entries()) {
          const length = Math.min(BLOCK, rows - first);
          if (length <= 0 || count <= 0) continue;
          dots(
            base + first * strideBytes,
            length,
            strideBytes,
            place.probes + i * strideBytes,
            place.cosines,
          );
          bests[i]!.offer(cosines, length, first);
        }
      }
      // Whole: a thread that died in a pass left its probes.
      probes.fill(0);
      return bests.map((best) => best.sorted());
    },
  };
}

/** A heap with the worst on top: a search that wants many rows (others may not be found) costs little more than one for few. */
function createBest(count: number) {
  const rows = new Int32Array(count);
  const similarities = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  return {
    offer(cosines: Float32Array, length: number, first: number): void {
      for (let i = 0; i < length; i++) {
        const similarity = cosines[i]!;
        // Not `<=`: a row read while it is written may give NaN, which must not take a place.
        if (!(similarity > similarities[0]!)) continue;
        let at = 0;
        for (;;) {
          let child = 2 * at + 1;
          if (child + 1 < count && similarities[child + 1]! < similarities[child]!) child += 1;
          if (child >= count || similarities[child]! >= similarity) break;
          similarities[at] = similarities[child]!;
          rows[at] = rows[child]!;
          at = child;
        }
        similarities[at] = similarity;
        rows[at] = first + i;
      }
    },
    sorted(): Nearest {
      const order = Array.from(rows.keys())
        .filter((i) => similarities[i]! > Number.NEGATIVE_INFINITY)
        .sort((a, b) => similarities[b]! - similarities[a]!);
      return { rows: order.map((i) => rows[i]!), similarities: order.map((i) => similarities[i]!) };
    },
  };
}
