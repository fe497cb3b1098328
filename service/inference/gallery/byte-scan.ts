import { createBestRows, type Scan } from './best-rows.ts';
import { BLOCK } from './byte-kernel.ts';
import { type ByteArea, blockBytes, byteDesk, PROBE_SCALE } from './byte-rows.ts';
import { instantiateKernel, type KernelModule } from './gallery-kernel.ts';

export interface ByteScanner {
  /** For each scan rows that hold its `count` nearest, in ascending order: those whose bound is not below what so many others surely reach. */
  mayBeNearest(scans: readonly Scan[]): Int32Array[];
}

/** For one thread, as `createScanner`. `together`: scans at a time. */
export function createByteScanner(
  kernel: KernelModule,
  area: ByteArea,
  { thread, together }: { thread: number; together: number },
): ByteScanner {
  const { memory, stride, base } = area;
  const { boundsOfOne, boundsOfFour } = instantiateKernel(kernel, memory);
  const place = byteDesk(stride, thread, together);
  const probes = new Int16Array(memory.buffer, place.probes, together * stride);
  const bounds = new Float32Array(memory.buffer, place.bounds, 4 * BLOCK);
  const greatest = new Float32Array(memory.buffer, place.greatest, 4);
  const size = blockBytes(stride);

  /** In the order in which the kernel takes them: the probe's eight numbers, then those of the others beside it. */
  function putProbe(
    probe: Float32Array,
    first: number,
    { at, beside }: { at: number; beside: number },
  ): void {
    for (let i = 0; i < probe.length; i++) {
      const step = Math.floor(i / 8);
      probes[first * stride + (step * beside + at) * 8 + (i % 8)] = Math.round(probe[i]! * PROBE_SCALE);
    }
  }

  return {
    mayBeNearest(scans) {
      // The memory has grown since.
      const floats = new Float32Array(memory.buffer);
      const groups = inGroups(scans.length);
      for (const { first, length } of groups)
        for (let at = 0; at < length; at++) putProbe(scans[first + at]!.probe, first, { at, beside: length });
      const found = scans.map(({ count }) => createCandidates(count));
      const most = Math.max(...scans.map(({ rows }) => rows));
      for (let row = 0; row < most; row += BLOCK) {
        const block = base + (row / BLOCK) * size;
        const scales = block + BLOCK * stride;
        const length = Math.min(BLOCK, most - row);
        for (const { first, length: beside } of groups) {
          const bound = beside === 1 ? boundsOfOne : boundsOfFour;
          const { probes: desk, bounds: out, greatest: top } = place;
          bound(block, length, stride, desk + first * 2 * stride, out, scales, top);
          for (let at = 0; at < beside; at++) {
            const scan = first + at;
            const highest = beside === 1 ? Math.max(...greatest) : greatest[at]!;
            if (!(highest >= found[scan]!.least())) continue;
            const rows = Math.min(length, scans[scan]!.rows - row);
            const margins = scales / 4 + BLOCK;
            for (let i = 0; i < rows; i++)
              found[scan]!.offer(bounds[i * beside + at]!, floats[margins + i]!, row + i);
          }
        }
      }
      // Whole: a thread that died in a pass left its probes.
      probes.fill(0);
      return found.map((one) => one.rows());
    },
  };
}

/** By fours, and what is left one by one. */
function inGroups(scans: number): { first: number; length: 1 | 4 }[] {
  const groups: { first: number; length: 1 | 4 }[] = [];
  for (let first = 0; first < scans; ) {
    const length = scans - first >= 4 ? 4 : 1;
    groups.push({ first, length });
    first += length;
  }
  return groups;
}

/** Rows that may be among the `count` nearest, by an upper bound and how far below it they may be. */
function createCandidates(count: number) {
  const sure = createBestRows(count);
  let rows = new Int32Array(4 * count);
  let bounds = new Float32Array(4 * count);
  let size = 0;

  /** Leaves out those that are not among them by now. */
  function sift(): void {
    const least = sure.least();
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (!(bounds[i]! >= least)) continue;
      rows[kept] = rows[i]!;
      bounds[kept] = bounds[i]!;
      kept += 1;
    }
    size = kept;
  }

  function room(): void {
    if (size < rows.length) return;
    sift();
    if (2 * size < rows.length) return;
    const [less, lower] = [rows, bounds];
    rows = new Int32Array(2 * less.length);
    bounds = new Float32Array(2 * lower.length);
    rows.set(less);
    bounds.set(lower);
  }

  return {
    least: sure.least,
    offer(bound: number, margin: number, row: number): void {
      if (!(bound >= sure.least())) return;
      sure.add(bound - 2 * margin, row);
      room();
      rows[size] = row;
      bounds[size] = bound;
      size += 1;
    },
    rows(): Int32Array {
      sift();
      return rows.slice(0, size);
    },
  };
}
