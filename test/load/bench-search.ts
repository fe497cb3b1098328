import { loadavg } from 'node:os';
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

/** Medians in milliseconds. */
interface Times {
  /** Of the rows as they are, by a native sequential read. */
  read: number;
  /** One search and `AT_ONCE` in one pass over the rows as they are, in the calling thread: what bytes are compared with. */
  exact: number;
  exactTogether: number;
  /** Through the product's galleries, to its search threads and back: one, and `AT_ONCE` that are asked at once. */
  search: number;
  together: number;
}

/** Medians of what all threads of the process took, in milliseconds: other work on the machine disturbs it less. */
type Processor = Pick<Times, 'search' | 'together'>;

interface Row extends Times {
  processor: Processor;
  rows: number;
  megabytes: number;
  /** Of the rows as bytes; 0: so few are searched as they are. */
  megabytesOfBytes: number;
}

/** Exact search of the 64 nearest against a native sequential read (`Buffer.indexOf` of an absent byte) of the rows. */
export async function benchSearch(say: (line: string) => void): Promise<Evidence> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    const row = await measure(size, say);
    rows.push(row);
    say(
      `search: ${size} rows: one ${ratio(row.search, row.read)} of the read, ${AT_ONCE} at once ${ratio(row.together, row.read)} of it and ${ratio(row.together, row.search)} of one (processor time ${ratio(row.processor.together, row.processor.search)})`,
    );
  }
  const load = loadavg();
  return {
    title: 'Exact search',
    measured: { dimensions: DIMENSIONS, nearest: NEAREST, rounds: ROUNDS, load, rows },
    lines: [
      `The ${NEAREST} nearest of random rows of ${DIMENSIONS} float32. "Read" is \`Buffer.indexOf\` of an absent byte over the same memory, in the same turns; medians of ${ROUNDS}. ` +
        `"Search" is the product's call to its search threads and back, which reads the rows as bytes first where there are enough of them; "${AT_ONCE} at once" that many calls with different probes. ` +
        `"Processor": of what all threads took together, whatever else the machine did; two threads share the ${AT_ONCE} where there are two cores. "As they are": in one thread without the bytes. Load of the machine ${load.map((one) => one.toFixed(1)).join(', ')} (1, 5, 15 minutes) at the end.`,
      '',
      ...markdownTable(
        [
          'rows',
          'MB',
          'MB as bytes',
          'read ms',
          'search ms',
          `${AT_ONCE} at once ms`,
          'search of read',
          `${AT_ONCE} at once of read`,
          `${AT_ONCE} at once of one`,
          `processor, ${AT_ONCE} of one`,
          'as they are, of read',
          `${AT_ONCE} as they are, of read`,
        ],
        rows.map((row) => [
          row.rows,
          row.megabytes.toFixed(0),
          row.megabytesOfBytes === 0 ? '–' : row.megabytesOfBytes.toFixed(0),
          row.read.toFixed(2),
          row.search.toFixed(2),
          row.together.toFixed(2),
          ratio(row.search, row.read),
          ratio(row.together, row.read),
          ratio(row.together, row.search),
          ratio(row.processor.together, row.processor.search),
          ratio(row.exact, row.read),
          ratio(row.exactTogether, row.read),
        ]),
      ),
    ],
  };
}

const ratio = (one: number, of: number): string => (one / of).toFixed(2);

async function measure(size: number, say: (line: string) => void): Promise<Row> {
  const random = createRandom(size);
  const matrix = createGalleryMatrix(DIMENSIONS, 1);
  const galleries = createGalleries({ log: silentLog, inlineBytes: 0 });
  const probes: Float32Array[] = [];
  for (let row = 0; row < size; row++) {
    const vector = vectorWithoutByte(random);
    matrix.put(`t${row}`, vector);
    galleries.put('bench', `t${row}`, vector);
    if (row % Math.floor(size / AT_ONCE) === 0 && probes.length < AT_ONCE) probes.push(vector);
  }
  say(`search: ${size} rows made`);
  const { bytes, ...asTheyAre } = matrix.area;
  const cells = Buffer.from(asTheyAre.memory.buffer, asTheyAre.base, size * DIMENSIONS * 4);
  const scanner = createScanner(compileKernel(), asTheyAre, 0);
  const scans = probes.map((probe) => ({ probe, rows: size, count: NEAREST }));
  const works: Record<keyof Times, () => unknown> = {
    read: () => cells.indexOf(ABSENT),
    exact: () => scanner.nearest(scans.slice(0, 1)),
    exactTogether: () => scanner.nearest(scans),
    search: () => galleries.search('bench', probes[0]!, NEAREST),
    together: () => Promise.all(probes.map((probe) => galleries.search('bench', probe, NEAREST))),
  };
  if (cells.indexOf(ABSENT) !== -1) throw new Error('The byte that should be absent is there.');
  const empty = (): Record<keyof Times, number[]> => ({
    read: [],
    exact: [],
    exactTogether: [],
    search: [],
    together: [],
  });
  const [times, processor] = [empty(), empty()];
  for (let round = 0; round < ROUNDS + 3; round++) {
    for (const name of Object.keys(works) as (keyof Times)[]) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      await works[name]();
      times[name].push(performance.now() - start);
      const { user, system } = process.cpuUsage(used);
      processor[name].push((user + system) / 1000);
    }
  }
  await galleries.close();
  const medianOf = (name: keyof Times, of = times) => median(of[name].slice(3));
  return {
    rows: size,
    megabytes: cells.length / 1e6,
    megabytesOfBytes: bytes ? (bytes.memory.buffer.byteLength - bytes.base) / 1e6 : 0,
    read: medianOf('read'),
    exact: medianOf('exact'),
    exactTogether: medianOf('exactTogether'),
    search: medianOf('search'),
    together: medianOf('together'),
    processor: { search: medianOf('search', processor), together: medianOf('together', processor) },
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
