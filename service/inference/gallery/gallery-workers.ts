import { Worker } from 'node:worker_threads';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Nearest, Scan } from './best-rows.ts';
import type { KernelModule } from './gallery-kernel.ts';
import { type Area, TOGETHER } from './gallery-scan.ts';
import type { SearchMessage, SearchReply, SearchWorkerData } from './search-worker.ts';

export interface SearchWorkersDeps {
  kernel: KernelModule;
  log: Log;
  /** Threads; each is started by the first search that needs it. */
  workers: number;
  /** Starts a thread. */
  open?: (data: SearchWorkerData) => Worker;
}

export interface SearchWorkers {
  /** `gallery` is a number that means the same area until it is dropped. Throws Problem INTERNAL if the worker dies twice. */
  nearest(gallery: number, of: { readonly area: Area }, scan: Scan): Promise<Nearest>;
  /** The gallery has another area now: frees the memory of the former one. */
  renew(gallery: number): void;
  /** Frees the memory of a gallery that is not searched any more, once the searches that wait for it are answered. */
  drop(gallery: number): void;
  close(): Promise<void>;
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
export function createSearchWorkers({
  kernel,
  log,
  workers,
  open = startWorker,
}: SearchWorkersDeps): SearchWorkers {
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
    nearest: (gallery, of, scan) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Problem('INTERNAL', 'The search is closed.'));
        waiting.push({ gallery, of, scan, attempts: 0, resolve, reject });
        dispatchSoon();
      }),

    renew,

    drop(gallery) {
      // Also those that are on their way: they are sent again where their worker dies.
      const searches = [...waiting, ...slots.flatMap((running) => running?.searches ?? [])];
      for (const search of searches) if (search.gallery === gallery) search.dropped = true;
      renew(gallery);
    },

    async close() {
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

const stopping = () => new Problem('INTERNAL', 'The search was ended because the service is stopping.');
const failed = () => new Problem('INTERNAL', 'The search worker failed twice on this search.');
