import { createGalleries } from '../../service/inference/gallery/galleries.ts';
import { compileKernel } from '../../service/inference/gallery/gallery-kernel.ts';
import { createGalleryMatrix } from '../../service/inference/gallery/gallery-matrix.ts';
import { createScanner } from '../../service/inference/gallery/gallery-scan.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createRandom } from '../accuracy/random.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { median } from './statistics.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const DIMENSIONS = 256;
const NEAREST = 64;
const ROUNDS = 25;
const ABSENT = 0xff;
const AT_ONCE = 16;

interface Row {
  rows: number;
  megabytes: number;
  /** One search in the calling thread, and through the product's galleries (its search thread, there and back). */
  scan: number;
  search: number;
  /** So many searches asked at once, all of them. */
  together: number;
  read: number;
  /** Bytes a second of the scan over those of the read; and of the whole search. */
  scanShare: number;
  searchShare: number;
}

/** Exact search of the 64 nearest against a native sequential read (`Buffer.indexOf` of an absent byte) of the same bytes. */
export async function benchSearch(say: (line: string) => void): Promise<Evidence> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    say(`search: ${size} rows`);
    rows.push(await measure(size));
  }
  const gigabytes = (megabytes: number, milliseconds: number): string =>
    (megabytes / milliseconds).toFixed(1);
  return {
    title: 'Exact search',
    measured: { dimensions: DIMENSIONS, nearest: NEAREST, rounds: ROUNDS, rows },
    lines: [
      `The ${NEAREST} nearest of rows of ${DIMENSIONS} float32 in one thread, against \`Buffer.indexOf\` of an absent byte over the same memory, in ` +
        `turns; medians of ${ROUNDS}. "Scan" is the search itself, "search" the product's call with its way to the search thread and back, "${AT_ONCE} at once" that many calls together.`,
      '',
      ...markdownTable(
        [
          'rows',
          'MB',
          'read ms',
          'scan ms',
          'search ms',
          'read GB/s',
          'scan GB/s',
          'scan of read',
          'search of read',
          `${AT_ONCE} at once ms`,
          `${AT_ONCE} at once, of one after another`,
        ],
        rows.map(({ rows: count, megabytes, read, scan, search, together, scanShare, searchShare }) => [
          count,
          megabytes.toFixed(0),
          read.toFixed(3),
          scan.toFixed(3),
          search.toFixed(3),
          gigabytes(megabytes, read),
          gigabytes(megabytes, scan),
          `${(100 * scanShare).toFixed(0)} %`,
          `${(100 * searchShare).toFixed(0)} %`,
          together.toFixed(3),
          `${((100 * together) / (AT_ONCE * search)).toFixed(0)} %`,
        ]),
      ),
    ],
  };
}

async function measure(size: number): Promise<Row> {
  const random = createRandom(size);
  const matrix = createGalleryMatrix(DIMENSIONS, 1);
  const galleries = createGalleries({ log: silentLog, inlineBytes: 0 });
  let probe: Float32Array = new Float32Array(DIMENSIONS);
  for (let row = 0; row < size; row++) {
    probe = vectorWithoutByte(random);
    matrix.put(`t${row}`, probe);
    galleries.put('bench', `t${row}`, probe);
  }
  const { memory, base } = matrix.area;
  const bytes = Buffer.from(memory.buffer, base, size * DIMENSIONS * 4);
  const scanner = createScanner(compileKernel(), matrix.area, 0);
  const times = {
    read: [] as number[],
    scan: [] as number[],
    search: [] as number[],
    together: [] as number[],
  };
  const timed = async (into: number[], work: () => unknown): Promise<void> => {
    const start = performance.now();
    await work();
    into.push(performance.now() - start);
  };
  if (bytes.indexOf(ABSENT) !== -1) throw new Error('The byte that should be absent is there.');
  for (let round = 0; round < ROUNDS + 3; round++) {
    await timed(times.read, () => bytes.indexOf(ABSENT));
    await timed(times.scan, () => scanner.nearest([{ probe, rows: size, count: NEAREST }]));
    await timed(times.search, () => galleries.search('bench', probe, NEAREST));
    await timed(times.together, () =>
      Promise.all(Array.from({ length: AT_ONCE }, () => galleries.search('bench', probe, NEAREST))),
    );
  }
  await galleries.close();
  const [read, scan, search, together] = [times.read, times.scan, times.search, times.together].map(
    (values) => median(values.slice(3)),
  );
  return {
    rows: size,
    megabytes: bytes.length / 1e6,
    read: read!,
    scan: scan!,
    search: search!,
    together: together!,
    scanShare: read! / scan!,
    searchShare: read! / search!,
  };
}

/** A unit vector in whose bytes 0xff does not occur: it becomes 0xfe, in the lower three bytes of a float a change below 1 %. */
function vectorWithoutByte(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  const bytes = new Uint8Array(vector.buffer);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === ABSENT) bytes[i] = ABSENT - 1;
  return vector;
}
