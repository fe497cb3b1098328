import { Worker } from 'node:worker_threads';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KernelModule } from './gallery-kernel.ts';
import type { Area, Nearest } from './gallery-scan.ts';
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
  /** `gallery` is a number that always means the same area. Throws Problem INTERNAL if the worker dies twice. */
  nearest(gallery: number, area: Area, probe: Float32Array, rows: number, count: number): Promise<Nearest>;
  /** Frees the memory of a gallery that is not searched any more. */
  drop(gallery: number): void;
  close(): Promise<void>;
}

interface Waiting {
  gallery: number;
  area: Area;
  probe: Float32Array;
  rows: number;
  count: number;
  attempts: number;
  resolve: (found: Nearest) => void;
  reject: (error: Problem) => void;
}

interface Running {
  worker: Worker;
  opened: Set<number>;
  waiting: Map<number, Waiting>;
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

/** A worker that dies is replaced when next needed; what it was searching is asked once more. */
export function createSearchWorkers({
  kernel,
  log,
  workers,
  open = startWorker,
}: SearchWorkersDeps): SearchWorkers {
  const slots: (Running | undefined)[] = new Array(workers).fill(undefined);
  let nextRequest = 0;
  let closed = false;

  function start(slot: number): Running {
    const worker = open({ kernel, thread: slot + 1 });
    const running: Running = { worker, opened: new Set(), waiting: new Map() };
    worker.on('message', ({ request, found }: SearchReply) => {
      const done = running.waiting.get(request);
      running.waiting.delete(request);
      if (running.waiting.size === 0) worker.unref();
      done?.resolve(found);
    });
    worker.on('error', (error) => log.error({ err: error, slot }, 'A search worker failed.'));
    worker.on('exit', (code) => {
      if (slots[slot] === running) slots[slot] = undefined;
      if (!closed)
        log.warn({ slot, code, waiting: running.waiting.size }, 'A search worker ended; it is replaced.');
      for (const search of running.waiting.values()) {
        if (closed)
          search.reject(new Problem('INTERNAL', 'The search was ended because the service is stopping.'));
        else if (search.attempts < ATTEMPTS) send(search);
        else search.reject(new Problem('INTERNAL', 'The search worker failed twice on this search.'));
      }
    });
    slots[slot] = running;
    return running;
  }

  function leastBusy(): Running {
    let best = 0;
    for (let slot = 1; slot < slots.length; slot++) {
      if ((slots[slot]?.waiting.size ?? 0) < (slots[best]?.waiting.size ?? 0)) best = slot;
    }
    return slots[best] ?? start(best);
  }

  function send(search: Waiting): void {
    const { worker, opened, waiting } = leastBusy();
    const { gallery, area, probe, rows, count } = search;
    const post = (message: SearchMessage): void => worker.postMessage(message);
    if (!opened.has(gallery)) {
      opened.add(gallery);
      post({ is: 'open', gallery, area });
    }
    search.attempts += 1;
    nextRequest += 1;
    waiting.set(nextRequest, search);
    worker.ref();
    post({ is: 'search', request: nextRequest, gallery, probe, rows, count });
  }

  return {
    nearest: (gallery, area, probe, rows, count) =>
      new Promise((resolve, reject) => {
        if (closed) reject(new Problem('INTERNAL', 'The search is closed.'));
        else send({ gallery, area, probe, rows, count, attempts: 0, resolve, reject });
      }),

    drop(gallery) {
      for (const running of slots) {
        if (running?.opened.delete(gallery)) {
          running.worker.postMessage({ is: 'drop', gallery } satisfies SearchMessage);
        }
      }
    },

    async close() {
      closed = true;
      await Promise.all(slots.map((running) => running?.worker.terminate()));
    },
  };
}
