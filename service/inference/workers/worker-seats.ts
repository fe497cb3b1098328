import { Worker } from 'node:worker_threads';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import type { ProblemCode, ProblemExtra } from '../../lib/problem.ts';
import { createNativeGate, type NativeGate, retire, waitUntilOut } from './native-gate.ts';

/** A place for one worker, and its job while it is at work. */
export interface Seat<Job> {
  thread: NativeThread;
  /** Its worker has started. */
  isReady: boolean;
  job?: Job;
}

export interface WorkerSettings {
  script: URL;
  configuration: unknown;
  workers: number;
  /** Milliseconds before a worker that could not start is tried again; doubles to a minute. */
  restartDelay: number;
  log: Log;
  /** What a worker reports on its own. */
  noticed?(value: unknown): void;
}

export interface SeatStats {
  /** Threads wanted, those that have started, and those at work. */
  workers: number;
  ready: number;
  busy: number;
  /** Workers replaced after a crash or a missed deadline. */
  replaced: number;
  /** Workers given up that are still inside native code; they end when they come out of it. */
  lingering: number;
  /** Why no worker can start; absent when all is well. */
  broken?: string;
}

interface WorkerSeatsDeps<Job> extends WorkerSettings {
  /** A worker has started. */
  ready(): void;
  /** The worker of this job has answered and is free. */
  answered(job: Job, answer: JobAnswer): void;
  /** The worker of this job has died. */
  lost(job: Job, reason: string): void;
  /** The last worker could not start. */
  broke(reason: string): void;
}

interface WorkerSeats<Job> {
  free(): Seat<Job>[];
  busy(): number;
  /** Why no worker can start. */
  broken(): string | undefined;
  /** Gives the worker of this job up for another one; undefined when none is at work on it. Resolves when the worker has ended. */
  replace(job: Job): Promise<void> | undefined;
  /** Posts to every worker, and to every later one before its first job. */
  configure(message: unknown): void;
  /** When the first worker has started, which does so alone until `fill`; rejects with the reason when it could not. */
  oneStarted: Promise<void>;
  /** When every worker has started once; rejects with the reason when one could not. */
  allStarted: Promise<void>;
  /** Starts the other workers. */
  fill(): void;
  stats(): SeatStats;
  stopRestarts(): void;
  close(): Promise<void>;
}

/** Keeps `workers` threads running: one that dies is replaced, one that could not start is tried again. */
export function createWorkerSeats<Job extends { id: number }>(deps: WorkerSeatsDeps<Job>): WorkerSeats<Job> {
  const { log, workers } = deps;
  const threads = createNativeThreads(deps.script, deps.configuration);
  const seats = new Set<Seat<Job>>();
  const starts = createStarts(deps);
  let replaced = 0;

  function start(): void {
    const thread = threads.start({
      answer: (answer) => receive(seat, answer),
      exit: (reason) => lose(seat, reason),
    });
    const seat: Seat<Job> = { thread, isReady: false };
    seats.add(seat);
  }

  function receive(seat: Seat<Job>, answer: WorkerAnswer): void {
    if (!seats.has(seat)) return;
    if (answer.is === 'notice') deps.noticed?.(answer.value);
    else if (answer.is === 'ready') {
      seat.isReady = true;
      starts.succeeded(isFilled && [...seats].every((one) => one.isReady));
      deps.ready();
    } else if (seat.job?.id === answer.job) {
      const { job } = seat;
      delete seat.job;
      deps.answered(job, answer);
    }
  }

  /** A worker that ended by itself. */
  function lose(seat: Seat<Job>, reason: string): void {
    if (!seats.delete(seat)) return;
    if (!seat.isReady) {
      starts.failed(reason, { isLast: seats.size === 0, again: start });
      if (seats.size === 0) deps.broke(reason);
      return;
    }
    replaced++;
    log.error({ reason }, 'an inference worker died and is replaced');
    start();
    if (seat.job) deps.lost(seat.job, reason);
  }

  let isFilled = workers === 1;
  start();

  const ready = () => [...seats].filter(({ isReady }) => isReady);
  const busy = () => ready().filter(({ job }) => job !== undefined).length;
  return {
    free: () => ready().filter(({ job }) => job === undefined),
    busy,
    broken: starts.broken,
    replace(job) {
      const seat = [...seats].find((one) => one.job === job);
      if (!seat) return undefined;
      replaced++;
      seats.delete(seat);
      const ended = seat.thread.end();
      start();
      return ended;
    },
    configure: threads.configure,
    oneStarted: starts.one,
    allStarted: starts.all,
    fill() {
      if (isFilled) return;
      isFilled = true;
      for (let i = 1; i < workers; i++) start();
    },
    stats: () =>
      defined({
        workers,
        ready: ready().length,
        busy: busy(),
        replaced,
        lingering: threads.lingering(),
        broken: starts.broken(),
      }),
    stopRestarts: starts.stop,
    async close() {
      seats.clear();
      await threads.close();
    },
  };
}

/** Whether workers start, and when the next try is due: each failure in a row doubles the delay, to a minute. */
function createStarts({ restartDelay, log }: Pick<WorkerSettings, 'restartDelay' | 'log'>) {
  const one = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  for (const { promise } of [one, all]) promise.catch(() => undefined); // a caller who waits for it sees the reason
  const timers = new Set<NodeJS.Timeout>();
  let failures = 0;
  let broken: string | undefined;
  let stopped = false;
  return {
    one: one.promise,
    all: all.promise,
    broken: () => broken,
    succeeded(allAreReady: boolean): void {
      failures = 0;
      broken = undefined;
      one.resolve();
      if (allAreReady) all.resolve();
    },
    failed(reason: string, { isLast, again }: { isLast: boolean; again: () => void }): void {
      const delay = Math.min(60_000, restartDelay * 2 ** Math.min(failures++, 16));
      log.error({ reason, retryInMilliseconds: delay }, 'an inference worker could not start');
      const error = new Error(`An inference worker could not start: ${reason}`);
      one.reject(error);
      all.reject(error);
      if (isLast) broken = reason;
      if (stopped) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        again();
      }, delay);
      timers.add(timer.unref());
    },
    stop(): void {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

interface NativeThread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Resolves when the thread has ended: at once, or when it comes out of native code. */
  end(): Promise<void>;
}

/**
 * Threads of one script. None is ended inside native code, which would abort the process; where the process exits without
 * `close`, it waits for such threads for up to two seconds.
 */
function createNativeThreads(script: URL, first: unknown) {
  const running = new Set<{ gate: NativeGate; thread: NativeThread }>();
  const ending = new Set<NativeThread>();
  let configuration = first;

  function leaveProcess(): void {
    const inside = [...running].filter(({ gate }) => !retire(gate));
    for (const { gate } of inside) waitUntilOut(gate, 2000);
  }
  process.on('exit', leaveProcess);

  return {
    start(on: { answer(answer: WorkerAnswer): void; exit(reason: string): void }): NativeThread {
      const gate = createNativeGate();
      const worker = new Worker(script, { workerData: { configuration, gate } satisfies WorkerStart });
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const thread: NativeThread = {
        post: (message, transfer) => worker.postMessage(message, transfer),
        end() {
          ending.add(thread);
          if (retire(gate)) void worker.terminate();
          return ended;
        },
      };
      const own = { gate, thread };
      running.add(own);
      let reason = 'it ended without a word';
      worker.on('message', on.answer);
      worker.on('error', (error) => {
        reason = error instanceof Error ? error.message : String(error);
      });
      worker.on('exit', () => {
        running.delete(own);
        ending.delete(thread);
        resolve();
        on.exit(reason);
      });
      return thread;
    },
    /** Posts to every thread; later ones start with it. */
    configure(next: unknown): void {
      configuration = next;
      for (const { thread } of running) thread.post({ configuration });
    },
    /** Threads that are to end and are still inside native code. */
    lingering: (): number => ending.size,
    async close(): Promise<void> {
      await Promise.all([...running].map(({ thread }) => thread.end()));
      process.off('exit', leaveProcess);
    },
  };
}

/** `workerData` of every worker script. */
export interface WorkerStart<Configuration = unknown> {
  configuration: Configuration;
  /** Native code is entered through it (native-gate.ts). */
  gate: NativeGate;
}

/** How a job ended. */
export type JobAnswer =
  | { is: 'done'; job: number; value: unknown }
  | {
      is: 'refused';
      job: number;
      code: ProblemCode;
      message: string;
      extra: Omit<ProblemExtra, 'cause'>;
      cause?: string;
    }
  | { is: 'failed'; job: number; message: string };

/** What a worker script posts. It gets one job at a time as `{ job, payload }`, and `{ configuration }` when that changes. */
export type WorkerAnswer = { is: 'ready' } | JobAnswer | { is: 'notice'; value: unknown };
