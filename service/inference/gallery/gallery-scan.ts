import { type Dots, instantiateKernel, type KernelModule, type SharedMemory } from './gallery-kernel.ts';

/** Rows whose cosines are held at a time: 4 KiB, which stays in the first cache. */
const BLOCK = 1024;

/** Where a thread puts its probe and the cosines of one block, before the rows; every thread has a place of its own. */
export function desk(strideBytes: number, thread: number): { probe: number; cosines: number; end: number } {
  const probe = thread * (strideBytes + 4 * BLOCK);
  return { probe, cosines: probe + strideBytes, end: probe + strideBytes + 4 * BLOCK };
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

export interface Scanner {
  /** The `count` best of the first `rows` rows. `probe` has as many numbers as the rows before padding, or fewer. */
  nearest(probe: Float32Array, rows: number, count: number): Nearest;
}

/** For one thread: threads are numbered from 0, and no two use the same number on one memory. */
export function createScanner(kernel: KernelModule, area: Area, thread: number): Scanner {
  const { memory, strideBytes, base } = area;
  const dots: Dots = instantiateKernel(kernel, memory);
  const place = desk(strideBytes, thread);
  const probeView = new Float32Array(memory.buffer, place.probe, strideBytes / 4);
  const cosines = new Float32Array(memory.buffer, place.cosines, BLOCK);
  return {
    nearest(probe, rows, count) {
      const wanted = Math.min(count, rows);
      if (wanted <= 0) return { rows: [], similarities: [] };
      const best = createBest(wanted);
      probeView.set(probe);
      for (let first = 0; first < rows; first += BLOCK) {
        const length = Math.min(BLOCK, rows - first);
        dots(base + first * strideBytes, length, strideBytes, place.probe, place.cosines);
        best.offer(cosines, length, first);
      }
      probeView.fill(0);
      return best.sorted();
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
