import { Worker } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createFairQueue, type Share } from './fair-queue.ts';
import { createNativeGate, type NativeGate, retire, waitUntilOut } from './native-gate.ts';
import type { WorkerAnswer, WorkerStart } from './worker-messages.ts';

export interface PoolJob {
  payload: unknown;
  /** Moved, not copied: the caller cannot use these any more. */
  transfer: ArrayBuffer[];
}

export interface PoolStats {
  /** Threads wanted, those that have started, and those at work. */
  workers: number;
  ready: number;
  busy: number;
  waiting: number;
  queueLimit: number;
  completed: number;
  /** Workers replaced after a crash or a missed deadline. */
  replaced: number;
  /** Workers given up that are still inside native code; they end when they come out of it. */
  lingering: number;
  /** Jobs refused because the queue was full. */
  overloaded: number;
  timedOut: number;
  /** Why no worker can start; absent when all is well. */
  broken?: string;
}

export interface WorkerPool {
  /**
   * Resolves with the worker's value and the milliseconds the job waited. `prepare` is called when a worker is free.
   * The workers are shared fairly (fair-queue.ts): a job without `share` is everybody's. When too many wait, the newest of the one
   * with the most is refused. Throws what the worker refused with, or Problem OVERLOADED, TIMEOUT or INTERNAL. A job that still waits when `signal`
   * is given up is dropped with TIMEOUT; one at work goes on to its end.
   */
  run(
    prepare: () => PoolJob,
    deadline: number,
    signal?: AbortSignal,
    share?: Share,
  ): Promise<{ value: unknown; waited: number }>;
  /** Posts to every worker, and to every later one before its first job. Replaces what was sent before. */
  configure(message: unknown): void;
  /** When every worker has started once; rejects with the reason when one could not. */
  ready(): Promise<void>;
  stats(): PoolStats;
  /**
   * Refuses new jobs, finishes those accepted, stops the workers. A process that exits without it waits up to two seconds for
   * workers inside native code, which would abort it.
   */
  close(): Promise<void>;
}

export interface WorkerPoolDeps {
  script: URL;
  configuration: unknown;
  workers: number;
  /** Jobs that may wait beyond those at work. */
  queueLimit: number;
  /** Milliseconds before a worker that could not start is tried again; doubles to a minute. */
  restartDelay: number;
  clock: Clock;
  log: Log;
  /** What a worker reports on its own. */
  noticed?(value: unknown): void;
}

interface Job {
  id: number;
  share: Share;
  prepare: () => PoolJob;
  since: number;
  waited: number;
  timer: NodeJS.Timeout;
  resolve(result: { value: unknown; waited: number }): void;
  reject(problem: Problem): void;
}

interface Seat {
  worker: Worker;
  gate: NativeGate;
  ended: Promise<void>;
  state: 'starting' | 'idle' | 'busy' | 'gone';
  job?: Job;
}

/** Threads that each run one job at a time. A worker that dies or passes a deadline is replaced; only its job fails. */
export function createWorkerPool(deps: WorkerPoolDeps): WorkerPool {
  const { clock, log } = deps;
  const seats = new Set<Seat>();
  const lingering = new Set<Seat>();
  const queue = createFairQueue<Job>({ seats: deps.workers, clock });
  const counts = { completed: 0, replaced: 0, overloaded: 0, timedOut: 0 };
  const restarts = new Set<NodeJS.Timeout>();
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined); // whoever waits for ready() sees it
  let configuration = deps.configuration;
  let nextJob = 1;
  let failedStarts = 0;
  let broken: string | undefined;
  /** Milliseconds a job takes, smoothed. */
  let typical = 50;
  let closing: PromiseWithResolvers<void> | undefined;

  const inState = (state: Seat['state']) => [...seats].filter((seat) => seat.state === state);

  function startWorker(): void {
    const gate = createNativeGate();
    const worker = new Worker(deps.script, { workerData: { configuration, gate } satisfies WorkerStart });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const seat: Seat = { worker, gate, ended, state: 'starting' };
    seats.add(seat);
    let reason = 'it ended without a word';
    seat.worker.on('message', (answer: WorkerAnswer) => hear(seat, answer));
    seat.worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    seat.worker.on('exit', () => lose(seat, reason));
  }

  function hear(seat: Seat, answer: WorkerAnswer): void {
    if (seat.state === 'gone') return;
    if (answer.is === 'notice') {
      deps.noticed?.(answer.value);
      return;
    }
    if (answer.is === 'ready') {
      seat.state = 'idle';
      failedStarts = 0;
      broken = undefined;
      if (inState('starting').length === 0) started.resolve();
      assign();
      return;
    }
    const { job } = seat;
    if (!job || job.id !== answer.job) return;
    delete seat.job;
    seat.state = 'idle';
    queue.finish(job);
    clearTimeout(job.timer);
    counts.completed++;
    typical += (clock.now() - job.since - job.waited - typical) / 8;
    switch (answer.is) {
      case 'done':
        job.resolve({ value: answer.value, waited: job.waited });
        break;
      case 'refused': {
        const cause = answer.cause === undefined ? {} : { cause: new Error(answer.cause) };
        job.reject(new Problem(answer.code, answer.message, { ...answer.extra, ...cause }));
        break;
      }
      case 'failed':
        log.error({ reason: answer.message }, 'a picture could not be analyzed');
        job.reject(internal(answer.message));
        break;
      default:
        answer satisfies never;
    }
    assign();
  }

  /** A worker that ended by itself. */
  function lose(seat: Seat, reason: string): void {
    if (!seats.delete(seat) || seat.state === 'gone') return;
    const early = seat.state === 'starting';
    seat.state = 'gone';
    if (seat.job) {
      queue.finish(seat.job);
      clearTimeout(seat.job.timer);
      seat.job.reject(internal(reason));
    }
    if (!early) {
      counts.replaced++;
      log.error({ reason }, 'an inference worker died and is replaced');
      startWorker();
      settle();
      return;
    }
    failedStarts++;
    const delay = Math.min(60_000, deps.restartDelay * 2 ** Math.min(failedStarts - 1, 16));
    log.error({ reason, retryInMilliseconds: delay }, 'an inference worker could not start');
    started.reject(new Error(`An inference worker could not start: ${reason}`));
    if (seats.size === 0) {
      broken = reason;
      for (const job of queue.empty()) {
        clearTimeout(job.timer);
        job.reject(internal(reason));
      }
    }
    if (!closing) {
      const timer = setTimeout(() => {
        restarts.delete(timer);
        startWorker();
      }, delay);
      restarts.add(timer.unref());
    }
    settle();
  }

  function assign(): void {
    for (const seat of inState('idle')) {
      const job = queue.take();
      if (!job) break;
      job.waited = clock.now() - job.since;
      seat.state = 'busy';
      seat.job = job;
      const { payload, transfer } = job.prepare();
      seat.worker.postMessage({ job: job.id, payload }, transfer);
    }
    settle();
  }

  function expire(job: Job, deadline: number): void {
    counts.timedOut++;
    queue.remove(job);
    const seat = [...seats].find((other) => other.job === job);
    if (seat) {
      counts.replaced++;
      queue.finish(job);
      log.warn({ deadline }, 'an inference worker passed its deadline and is replaced');
      void giveUp(seat);
      startWorker();
    }
    job.reject(
      new Problem(
        'TIMEOUT',
        `The picture was not analyzed within ${deadline} ms; try again, or send a smaller picture.`,
      ),
    );
    settle();
  }

  function drop(job: Job): void {
    if (!queue.remove(job)) return;
    clearTimeout(job.timer);
    job.reject(notWanted());
    settle();
  }

  /** Refuses one of those that wait, because `newcomer` is one too many. */
  function refuseOne(newcomer: Job): void {
    const refused = queue.mostExpendable(newcomer);
    queue.remove(refused);
    clearTimeout(refused.timer);
    counts.overloaded++;
    const seconds = Math.ceil((typical * (queue.waiting + 1)) / deps.workers / 1000);
    refused.reject(
      overloaded('Too many pictures are being analyzed; try again shortly.', Math.max(1, seconds)),
    );
  }

  /** Resolves when the thread has ended. */
  function giveUp(seat: Seat): Promise<void> {
    seat.state = 'gone';
    seats.delete(seat);
    lingering.add(seat);
    void seat.ended.then(() => lingering.delete(seat));
    if (retire(seat.gate)) void seat.worker.terminate();
    return seat.ended;
  }

  /** Ends close() when nothing is left to do. */
  function settle(): void {
    if (closing && queue.waiting === 0 && inState('busy').length === 0) closing.resolve();
  }

  function leaveProcess(): void {
    const inside = [...seats, ...lingering].filter(({ gate }) => !retire(gate));
    for (const { gate } of inside) waitUntilOut(gate, 2000);
  }

  process.on('exit', leaveProcess);
  for (let i = 0; i < deps.workers; i++) startWorker();

  return {
    run(prepare, deadline, signal, share = everybodys) {
      if (signal?.aborted) return Promise.reject(notWanted());
      if (closing) return Promise.reject(overloaded('Gatehouse is stopping; try again in a moment.', 5));
      if (broken !== undefined) return Promise.reject(internal(broken));
      return new Promise((resolve, reject) => {
        const job: Job = {
          id: nextJob++,
          share,
          prepare,
          since: clock.now(),
          waited: 0,
          timer: setTimeout(() => expire(job, deadline), deadline),
          resolve,
          reject,
        };
        queue.add(job);
        signal?.addEventListener('abort', () => drop(job), { once: true });
        assign();
        if (queue.waiting > deps.queueLimit) refuseOne(job);
      });
    },
    configure(message) {
      configuration = message;
      for (const { worker } of seats) worker.postMessage({ configuration });
    },
    ready: () => started.promise,
    stats: () => ({
      workers: deps.workers,
      ready: inState('idle').length + inState('busy').length,
      busy: inState('busy').length,
      waiting: queue.waiting,
      queueLimit: deps.queueLimit,
      ...counts,
      lingering: lingering.size,
      ...(broken === undefined ? {} : { broken }),
    }),
    async close() {
      closing ??= Promise.withResolvers<void>();
      for (const timer of restarts) clearTimeout(timer);
      settle();
      await closing.promise;
      for (const seat of [...seats]) void giveUp(seat);
      await Promise.all([...lingering].map(({ ended }) => ended));
      process.off('exit', leaveProcess);
    },
  };
}

const everybodys: Share = { world: 'live', organization: '', key: '' };

const internal = (reason: string): Problem =>
  new Problem(
    'INTERNAL',
    'The picture could not be analyzed because of a fault in Gatehouse; its log says more.',
    {
      cause: new Error(reason),
    },
  );

const overloaded = (message: string, retryAfterSeconds: number): Problem =>
  new Problem('OVERLOADED', message, { retryAfterSeconds });

const notWanted = () => new Problem('TIMEOUT', 'The caller did not wait for the answer.');
