import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createIdRows } from '../../lib/collections/id-rows.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Nearest, Scan } from './best-rows.ts';
import { compileKernel, type KernelModule, type SharedMemory } from './gallery-kernel.ts';
import {
  BYTES_FROM,
  createGalleryMatrix,
  type GalleryCandidate,
  type GalleryMatrix,
  SPARE_ROWS,
} from './gallery-matrix.ts';
import { type Area, createScanner, type Scanner, TOGETHER } from './gallery-scan.ts';
import type { SearchMessage, SearchReply, SearchWorkerData } from './search-worker.ts';

/** Which matrix: `organization/world/embedder`. */
type GalleryName = string;

/** Exact 1:N search. One flat matrix per organization, world and embedder; rows are unit vectors. */
export interface Galleries {
  /** Adds or replaces, marked or not; visible to the next search. `vector` has unit length. Whether there was a row. */
  put(gallery: GalleryName, template: string, vector: Float32Array, marked?: boolean): boolean;
  /**
   * Makes room for so many rows. The system gives memory out at its first use, which takes longer than to write a row: the search threads
   * use it ahead of the rows that the caller puts.
   */
  reserve(gallery: GalleryName, dimensions: number, rows: number): void;
  /** Zeroes the row at once. Unknown ids are ignored. Whether there was a row. */
  erase(gallery: GalleryName, template: string): boolean;
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
      return gallery.matrix.put(template, vector, marked);
    },

    reserve(name, dimensions, rows) {
      const { matrix } = galleries.get(name) ?? open(name, dimensions);
      matrix.reserve(rows);
      const { memory, bytes } = matrix.area;
      threads.touch(bytes ? [memory, bytes.memory] : [memory]);
    },

    erase(name, template) {
      const gallery = galleries.get(name);
      if (gallery === undefined || !gallery.matrix.erase(template)) return false;
      if (gallery.matrix.ids.size() === 0) {
        galleries.delete(name);
        threads.drop(gallery.number);
      }
      return true;
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
      return { vector: matrix.read(row).subarray(0, dimensions), marked: matrix.ids.isMarked(row) };
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

interface SearchWorkersDeps {
  kernel: KernelModule;
  log: Log;
  /** Threads; each is started by the first search that needs it. */
  workers: number;
  /** Starts a thread. */
  open?: (data: SearchWorkerData) => Worker;
}

interface Waiting {
  gallery: number;
  of: { readonly area: Area };
  scan: Scan;
  attempts: number;
  /** The gallery was dropped since. */
  dropped?: true;
  resolve: (found: Nearest) => void;
  reject: (error: Problem) => void;
}

interface Running {
  worker: Worker;
  opened: Set<number>;
  /** Of one gallery; empty: it is idle. */
  searches: Waiting[];
}

const ATTEMPTS = 2;

/** Under type stripping this file is `.ts`, after the build `.js`. */
const startWorker = (data: SearchWorkerData): Worker =>
  new Worker(
    new URL(import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js', import.meta.url),
    {
      workerData: data,
    },
  );

/**
 * A thread does one pass over a gallery at a time, for up to sixteen searches that wait for it. A worker that dies is replaced when next
 * needed; what it was searching is asked once more.
 */
function createSearchWorkers({ kernel, log, workers, open = startWorker }: SearchWorkersDeps) {
  const slots: (Running | undefined)[] = new Array(workers).fill(undefined);
  /** In the order they came. */
  let waiting: Waiting[] = [];
  let closed = false;
  let dispatching: NodeJS.Immediate | undefined;

  function start(slot: number): Running {
    const worker = open({ kernel, thread: slot + 1 });
    const running: Running = { worker, opened: new Set(), searches: [] };
    worker.on('message', (found: SearchReply) => {
      const done = running.searches;
      running.searches = [];
      worker.unref();
      for (const [i, { resolve }] of done.entries()) resolve(found[i]!);
      dispatch();
    });
    worker.on('error', (error) => log.error({ err: error, slot }, 'A search worker failed.'));
    worker.on('exit', (code) => {
      if (slots[slot] === running) slots[slot] = undefined;
      const { searches } = running;
      if (!closed)
        log.warn({ slot, code, waiting: searches.length }, 'A search worker ended; it is replaced.');
      const [again, twice] = [
        searches.filter(({ attempts }) => attempts < ATTEMPTS),
        searches.filter(({ attempts }) => attempts >= ATTEMPTS),
      ];
      for (const { reject } of closed ? searches : twice) reject(closed ? stopping() : failed());
      if (closed) return;
      waiting = [...again, ...waiting];
      dispatch();
    });
    slots[slot] = running;
    return running;
  }

  /** Those that are asked in one turn of the event loop go together. */
  function dispatchSoon(): void {
    dispatching ??= setImmediate(() => {
      dispatching = undefined;
      dispatch();
    });
  }

  function dispatch(): void {
    const idle = [...slots.entries()].filter(([, running]) => !running || running.searches.length === 0);
    for (const [i, [slot, running]] of idle.entries()) {
      if (waiting.length === 0) return;
      send(running ?? start(slot), idle.length - i);
    }
  }

  /** The search that has waited longest, with others of its gallery; `idle` threads share them. */
  function send(running: Running, idle: number): void {
    const { gallery, of } = waiting[0]!;
    const together = waiting.filter((one) => one.gallery === gallery);
    const searches = together.slice(0, Math.min(TOGETHER, Math.ceil(together.length / idle)));
    waiting = waiting.filter((one) => !searches.includes(one));
    running.searches = searches;
    for (const search of searches) search.attempts += 1;
    if (!running.opened.has(gallery)) {
      running.opened.add(gallery);
      post(running, { is: 'open', gallery, area: of.area });
    }
    running.worker.ref();
    post(running, { is: 'search', gallery, scans: searches.map(({ scan }) => scan) });
    if (searches.some(({ dropped }) => dropped)) forget(running, gallery);
  }

  function renew(gallery: number): void {
    for (const running of slots) if (running) forget(running, gallery);
  }

  return {
    /** `gallery` is a number that means the same area until it is dropped. Throws Problem INTERNAL if the worker dies twice. */
    nearest: (gallery: number, of: { readonly area: Area }, scan: Scan): Promise<Nearest> =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Problem('INTERNAL', 'The search is closed.'));
        waiting.push({ gallery, of, scan, attempts: 0, resolve, reject });
        dispatchSoon();
      }),

    /** The gallery has another area now: frees the memory of the former one. */
    renew,

    /** Uses each page of the memories, as their rows are put. */
    touch(memories: readonly SharedMemory[]): void {
      if (closed) return;
      const stretches = memories.flatMap(stretchesOf).sort((a, b) => a.share - b.share);
      // One core is the caller's.
      const threads = Math.max(1, workers - 1);
      for (const [i, { memory, from, to }] of stretches.entries()) {
        const running = slots[i % threads] ?? start(i % threads);
        post(running, { is: 'touch', memory, from, to });
        if (running.searches.length === 0) running.worker.unref();
      }
    },

    /** Frees the memory of a gallery that is not searched any more, once the searches that wait for it are answered. */
    drop(gallery: number): void {
      // Also those that are on their way: they are sent again where their worker dies.
      const searches = [...waiting, ...slots.flatMap((running) => running?.searches ?? [])];
      for (const search of searches) if (search.gallery === gallery) search.dropped = true;
      renew(gallery);
    },

    async close(): Promise<void> {
      closed = true;
      clearImmediate(dispatching);
      for (const { reject } of waiting.splice(0)) reject(stopping());
      await Promise.all(slots.map((running) => running?.worker.terminate()));
    },
  };
}

const post = ({ worker }: Running, message: SearchMessage): void => worker.postMessage(message);

function forget(running: Running, gallery: number): void {
  if (running.opened.delete(gallery)) post(running, { is: 'drop', gallery });
}

/** Bytes of memory that a thread uses in one go: some milliseconds. */
const STRETCH = 4 * 1024 * 1024;

/** `share`: of the memory, what lies before it. */
function stretchesOf(memory: SharedMemory) {
  const { byteLength } = memory.buffer;
  return Array.from({ length: Math.ceil(byteLength / STRETCH) }, (_, i) => ({
    memory,
    from: i * STRETCH,
    to: Math.min(byteLength, (i + 1) * STRETCH),
    share: (i * STRETCH) / byteLength,
  }));
}

const stopping = () => new Problem('INTERNAL', 'The search was ended because the service is stopping.');
const failed = () => new Problem('INTERNAL', 'The search worker failed twice on this search.');
