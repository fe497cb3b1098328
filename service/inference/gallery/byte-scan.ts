import { createBestRows, type Scan } from './best-rows.ts';
import { BLOCK, HEAD, ROWS_OF_STEP } from './byte-kernel.ts';
import { type ByteArea, blockBytes, byteDesk, bytesOfProbe, type ProbeBytes } from './byte-rows.ts';
import { instantiateKernel, type KernelModule, STEP } from './gallery-kernel.ts';

/** Rows that hold the nearest, in ascending order, and what the cosine of each is at most. */
export interface Candidates {
  rows: Int32Array;
  most: Float64Array;
}

/** To read one row of so many here and there takes about as long as to read all in turn. */
const PART = 8;

/** For one thread, as `createScanner`. `together`: scans at a time. */
export function createByteScanner(
  kernel: KernelModule,
  area: ByteArea,
  { thread, together }: { thread: number; together: number },
) {
  const { memory, stride, base } = area;
  const { boundsOfOne, boundsOfFour } = instantiateKernel(kernel, memory);
  const place = byteDesk(stride, thread, together);
  const desk = new Int8Array(memory.buffer, place.probes, place.records - place.probes);
  const records = { rows: new Int32Array(memory.buffer), bounds: new Float32Array(memory.buffer) };
  const size = blockBytes(stride);

  /** In the order in which the kernel takes them: the probe's sixteen bytes, then those of the others beside it. */
  function putProbe({ bytes, start, factor }: ProbeBytes, { probes, together }: Group, at: number): void {
    const to = probes - place.probes + HEAD.bytes + at * STEP;
    for (let i = 0; i < bytes.length; i += STEP) desk.set(bytes.subarray(i, i + STEP), to + i * together);
    for (let lane = at; lane < 4; lane += together) {
      records.rows[probes / 4 + HEAD.start + lane] = start;
      records.bounds[probes / 4 + HEAD.factor + lane] = factor;
    }
  }

  return {
    /** For each scan the rows whose bound is not below what `count` others surely reach; undefined where bytes exclude too few. */
    mayBeNearest(scans: readonly Scan[]): (Candidates | undefined)[] {
      // The memory has grown since.
      const floats = new Float32Array(memory.buffer);
      const groups = inGroups(scans.length, stride, place.probes);
      const found = scans.map(({ probe, rows, count }, scan) => {
        const bytes = bytesOfProbe(probe);
        const group = groups.findLast(({ first }) => first <= scan)!;
        putProbe(bytes, group, scan - group.first);
        return createCandidates(count, rows / PART, bytes);
      });
      const most = Math.max(...scans.map(({ rows }) => rows));
      for (let row = 0; row < most; row += BLOCK) {
        const block = base + (row / BLOCK) * size;
        const scales = block + BLOCK * stride;
        const margins = scales / 4 + BLOCK;
        const length = Math.min(BLOCK, most - row);
        for (const { first, together, probes } of groups) {
          const leasts = probes / 4 + HEAD.least;
          for (let lane = 0; lane < 4; lane++)
            records.bounds[leasts + lane] = found[first + (lane % together)]!.least();
          const bounds = together === 1 ? boundsOfOne : boundsOfFour;
          const end = bounds(block, length, stride, probes, place.records, scales) / 4;
          for (let at = place.records / 4; at < end; ) {
            let of = records.rows[at++]!;
            for (const last = of + ROWS_OF_STEP[together]; of < last; of++) {
              for (let lane = 0; lane < together; lane++) {
                const bound = records.bounds[at++]!;
                if (bound >= records.bounds[leasts + lane]! && row + of < scans[first + lane]!.rows)
                  found[first + lane]!.offer(bound, floats[margins + of]!, row + of);
              }
            }
          }
        }
      }
      // Whole: a thread that died in a pass left its probes.
      desk.fill(0);
      return found.map((one) => one.all());
    },
  };
}

interface Group {
  /** Number of its first scan. */
  first: number;
  together: 1 | 4;
  /** Address of its probes, with their head. */
  probes: number;
}

/** By fours, and what is left one by one. */
function inGroups(scans: number, stride: number, probes: number): Group[] {
  const groups: Group[] = [];
  for (let first = 0; first < scans; ) {
    const together = scans - first >= 4 ? 4 : 1;
    groups.push({ first, together, probes: probes + first * (HEAD.bytes + stride) });
    first += together;
  }
  return groups;
}

/** Rows that may be among the `count` nearest, up to `limit`. With the doubt of the probe, a product is at most its bound, and at least that less both margins. */
function createCandidates(count: number, limit: number, { doubt, length }: ProbeBytes) {
  const doubts = 2 * doubt;
  const sure = createBestRows(count);
  let rows = new Int32Array(4 * count);
  let bounds = new Float32Array(4 * count);
  let size = 0;
  let tooMany = false;

  /** Leaves out those that are not among them by now. */
  function sift(): void {
    const least = sure.least() - doubts;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (!(bounds[i]! >= least)) continue;
      rows[kept] = rows[i]!;
      bounds[kept] = bounds[i]!;
      kept += 1;
    }
    size = kept;
  }

  function grow(): void {
    if (size < rows.length) return;
    sift();
    tooMany ||= size > limit;
    if (2 * size < rows.length || tooMany) return;
    const [less, lower] = [rows, bounds];
    rows = new Int32Array(2 * less.length);
    bounds = new Float32Array(2 * lower.length);
    rows.set(less);
    bounds.set(lower);
  }

  return {
    /** What a bound must reach. */
    least: () => (tooMany ? Number.POSITIVE_INFINITY : sure.least() - doubts),
    offer(bound: number, margin: number, row: number): void {
      if (tooMany || !(bound >= sure.least() - doubts)) return;
      sure.add(bound - 2 * margin, row);
      grow();
      if (tooMany) return;
      rows[size] = row;
      bounds[size] = bound;
      size += 1;
    },
    all(): Candidates | undefined {
      if (tooMany) return undefined;
      sift();
      // There was room for more than the limit, so it was not looked at.
      if (size > limit) return undefined;
      const most = new Float64Array(size);
      for (let i = 0; i < size; i++) most[i] = (bounds[i]! + doubt) * length;
      return { rows: rows.slice(0, size), most };
    },
  };
}
