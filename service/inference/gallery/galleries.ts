import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { createIdRows } from '../../lib/collections/id-rows.ts';
import type { Log } from '../../lib/log.ts';
import { compileKernel } from './gallery-kernel.ts';
import {
  BYTES_FROM,
  createGalleryMatrix,
  type GalleryCandidate,
  type GalleryMatrix,
  SPARE_ROWS,
} from './gallery-matrix.ts';
import { type Area, createScanner, type Scanner } from './gallery-scan.ts';
import { createSearchWorkers } from './gallery-workers.ts';
import type { SearchWorkerData } from './search-worker.ts';

/** Which matrix: `organization/world/embedder`. */
type GalleryName = string;

/** Exact 1:N search. One flat matrix per organization, world and embedder; rows are unit vectors. */
export interface Galleries {
  /** Adds or replaces, marked or not; visible to the next search. `vector` has unit length. */
  put(gallery: GalleryName, template: string, vector: Float32Array, marked?: boolean): void;
  /** Zeroes the row at once. Unknown ids are ignored. */
  erase(gallery: GalleryName, template: string): void;
  /**
   * The `count` nearest rows, best first. Runs in a worker: the event loop is not blocked. Those that wait for one gallery share a pass
   * over its rows.
   */
  search(gallery: GalleryName, probe: Float32Array, count: number): Promise<GalleryCandidate[]>;
  /** A copy of the row, and whether it is marked. */
  rowOf(gallery: GalleryName, template: string): { vector: Float32Array; marked: boolean } | undefined;
  size(gallery: GalleryName): number;
  /** Whose rows there are now. Not to be kept: later there may be others. */
  ids(gallery: GalleryName): GalleryMatrix['ids'];
}

export interface GalleriesDeps {
  log: Log;
  /** Search threads, one for each core up to 4 unless given. A search runs in one of them; those that wait together are shared by all that are idle. */
  workers?: number;
  /** Up to this many bytes of rows are searched on the calling thread: sooner done than sent to another. */
  inlineBytes?: number;
  /** From so many rows on a gallery is searched by their bytes first, see byte-rows.ts. */
  bytesFrom?: number;
  /** Starts a search thread; tests pass their own. */
  open?: (data: SearchWorkerData) => Worker;
}

export interface OpenGalleries extends Galleries {
  /** Ends the search threads; searches that wait are refused. */
  close(): Promise<void>;
}

interface Gallery {
  number: number;
  dimensions: number;
  matrix: GalleryMatrix;
  /** What the search threads have of the matrix, and the calling one. */
  area: Area;
  scanner: Scanner;
}

/** 2 MiB: 4,096 rows of 128 numbers, less than 0.1 ms. */
const INLINE_BYTES = 2 * 1024 * 1024;
/** Each is started when it is first needed; more would read the same memory at the same time. */
const MOST_THREADS = 4;
const MAX_DIMENSIONS = 4096;
const UNIT_TOLERANCE = 1e-3;
const TRIES = 3;
const none = createIdRows();

/** Throws RangeError for a vector that is not of unit length or not as long as the others of its gallery. */
export function createGalleries({
  log,
  workers = Math.min(MOST_THREADS, availableParallelism()),
  inlineBytes = INLINE_BYTES,
  bytesFrom = BYTES_FROM,
  ...deps
}: GalleriesDeps): OpenGalleries {
  const kernel = compileKernel();
  const threads = createSearchWorkers({ kernel, log, workers, ...deps });
  const galleries = new Map<GalleryName, Gallery>();
  let opened = 0;

  function open(name: GalleryName, dimensions: number): Gallery {
    opened += 1;
    const matrix = createGalleryMatrix(dimensions, workers + 1, { bytesFrom });
    const { area } = matrix;
    const gallery = { number: opened, dimensions, matrix, area, scanner: createScanner(kernel, area, 0) };
    galleries.set(name, gallery);
    return gallery;
  }

  /** Once its rows are kept as bytes too they are searched so. */
  function searchAsItIs(gallery: Gallery): void {
    const { area } = gallery.matrix;
    if (area === gallery.area) return;
    gallery.area = area;
    gallery.scanner = createScanner(kernel, area, 0);
    threads.renew(gallery.number);
  }

  async function attempt(gallery: Gallery, probe: Float32Array, count: number, inline: boolean) {
    searchAsItIs(gallery);
    const { matrix, scanner, number } = gallery;
    const search = matrix.begin(probe);
    const wanted = count + SPARE_ROWS;
    try {
      const found =
        inline || search.rows * matrix.area.strideBytes <= inlineBytes
          ? scanner.nearest([{ probe, rows: search.rows, count: wanted }])[0]!
          : await threads.nearest(number, matrix, { probe, rows: search.rows, count: wanted });
      return search.settle(found, count);
    } finally {
      search.end();
    }
  }

  return {
    put(name, template, vector, marked) {
      requireUnit(vector);
      const gallery = galleries.get(name) ?? open(name, vector.length);
      requireDimensions(gallery, vector);
      gallery.matrix.put(template, vector, marked);
    },

    erase(name, template) {
      const gallery = galleries.get(name);
      if (gallery === undefined || !gallery.matrix.erase(template)) return;
      if (gallery.matrix.ids.size() > 0) return;
      galleries.delete(name);
      threads.drop(gallery.number);
    },

    async search(name, probe, count) {
      const gallery = galleries.get(name);
      if (gallery === undefined) return [];
      requireUnit(probe);
      requireDimensions(gallery, probe);
      const own = probe.slice();
      for (let tries = 0; tries < TRIES; tries++) {
        // Nothing changes under the last one: it does not leave this thread.
        const candidates = await attempt(gallery, own, count, tries === TRIES - 1);
        if (candidates !== 'again') return candidates;
      }
      throw new Error('A search on the calling thread was disturbed.');
    },

    rowOf(name, template) {
      const gallery = galleries.get(name);
      const row = gallery?.matrix.ids.rowOf(template) ?? -1;
      if (gallery === undefined || row === -1) return undefined;
      const { matrix, dimensions } = gallery;
      return { vector: matrix.read(row).slice(0, dimensions), marked: matrix.ids.isMarked(row) };
    },

    size: (name) => galleries.get(name)?.matrix.ids.size() ?? 0,
    ids: (name) => galleries.get(name)?.matrix.ids ?? none,
    close: () => threads.close(),
  };
}

function requireUnit(vector: Float32Array): void {
  let square = 0;
  // By index: the iterator costs ten times as much, 100,000 times at a start.
  for (let i = 0; i < vector.length; i++) square += vector[i]! * vector[i]!;
  if (!(Math.abs(Math.sqrt(square) - 1) < UNIT_TOLERANCE) || vector.length > MAX_DIMENSIONS) {
    throw new RangeError(
      `A template must be a vector of unit length with at most ${MAX_DIMENSIONS} numbers.`,
    );
  }
}

function requireDimensions(gallery: Gallery, vector: Float32Array): void {
  if (vector.length !== gallery.dimensions) {
    throw new RangeError(`The gallery holds vectors of ${gallery.dimensions} numbers, not ${vector.length}.`);
  }
}
