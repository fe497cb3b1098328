import { createBestRows, type Nearest, type Scan } from './best-rows.ts';
import { BLOCK } from './byte-kernel.ts';
import type { ByteArea } from './byte-rows.ts';
import { createByteScanner } from './byte-scan.ts';
import { instantiateKernel, type KernelModule, type SharedMemory } from './gallery-kernel.ts';

/** Probes that share a pass over the rows: 256 rows are compared with each probe before the next ones are read, and stay in the second cache meanwhile. */
export const TOGETHER = 16;
/** A search that wants a greater part of the rows than one of so many reads them all as they are. */
const PART = 16;

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
  /** The same rows as bytes; absent: there are too few of them. */
  bytes?: ByteArea;
}

export type Scanner = ReturnType<typeof createScanner>;

/** For one thread: threads are numbered from 0, and no two use the same number on one memory. */
export function createScanner(kernel: KernelModule, area: Area, thread: number) {
  const { memory, strideBytes, base } = area;
  const { dots } = instantiateKernel(kernel, memory);
  const place = desk(strideBytes, thread);
  const probes = new Float32Array(memory.buffer, place.probes, (TOGETHER * strideBytes) / 4);
  const cosines = new Float32Array(memory.buffer, place.cosines, BLOCK);
  const bytes = area.bytes && createByteScanner(kernel, area.bytes, { thread, together: TOGETHER });

  /** Writes the cosines of these rows with the probe of the scan. */
  const compare = (scan: number, first: number, length: number): void =>
    dots(base + first * strideBytes, length, strideBytes, place.probes + scan * strideBytes, place.cosines);

  function everyRow(scans: readonly Scan[]): Nearest[] {
    const bests = scans.map(({ count }) => createBestRows(count));
    const most = Math.max(...scans.map(({ rows }) => rows));
    for (let first = 0; first < most; first += BLOCK) {
      for (const [i, { rows }] of scans.entries()) {
        const length = Math.min(BLOCK, rows - first);
        if (length <= 0) continue;
        compare(i, first, length);
        bests[i]!.offer(cosines, length, first);
      }
    }
    return bests.map((best) => best.sorted());
  }

  /**
   * The same rows with the same cosines: those that the bytes do not exclude are compared as they are, so many of the likeliest first.
   * Undefined where the bytes exclude too few.
   */
  function byBytes(scans: readonly Scan[]): (Nearest | undefined)[] {
    return bytes!.mayBeNearest(scans).map((candidates, scan) => {
      if (candidates === undefined) return undefined;
      const { rows, most } = candidates;
      const { count } = scans[scan]!;
      const likely = createBestRows(count);
      for (let i = 0; i < rows.length; i++) likely.add(most[i]!, rows[i]!);
      const sure = createBestRows(count);
      for (const row of likely.sorted().rows) {
        compare(scan, row, 1);
        sure.add(cosines[0]!, row);
      }
      const least = sure.least();
      const best = createBestRows(count);
      for (let i = 0; i < rows.length; ) {
        const first = rows[i]!;
        let length = 0;
        while (length < BLOCK && rows[i + length] === first + length && most[i + length]! >= least)
          length += 1;
        if (length > 0) compare(scan, first, length);
        best.offer(cosines, length, first);
        i += Math.max(1, length);
      }
      return best.sorted();
    });
  }

  /** `way` for those of the scans that it is for, each with its probe in the place of its number. */
  function pass<Found>(scans: readonly Scan[], way: (scans: readonly Scan[]) => Found[]): Found[] {
    if (scans.length === 0) return [];
    for (const [i, { probe }] of scans.entries()) probes.set(probe, (i * strideBytes) / 4);
    const found = way(scans);
    // Whole: a thread that died in a pass left its probes.
    probes.fill(0);
    return found;
  }

  return {
    /** At most `TOGETHER`, in one pass over the rows: the memory is read once for all of them. */
    nearest(given: readonly Scan[]): Nearest[] {
      const scans = given.map((one) => ({ ...one, count: Math.max(0, Math.min(one.count, one.rows)) }));
      const isFew = ({ rows, count }: Scan) => bytes !== undefined && count * PART <= rows;
      const few = scans.filter((one) => one.count > 0 && isFew(one));
      const many = scans.filter((one) => one.count > 0 && !isFew(one));
      const found = new Map<Scan, Nearest>();
      for (const [i, one] of pass(few, byBytes).entries()) {
        if (one === undefined) many.push(few[i]!);
        else found.set(few[i]!, one);
      }
      for (const [i, one] of pass(many, everyRow).entries()) found.set(many[i]!, one);
      return scans.map((one) => found.get(one) ?? { rows: [], similarities: [] });
    },
  };
}
