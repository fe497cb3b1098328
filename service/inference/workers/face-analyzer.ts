import { type Clock, systemTimer } from '../../lib/clock.ts';
import { createFairQueue, type Share } from '../../lib/fair/fair-queue.ts';
import type { Log } from '../../lib/log.ts';
import { switchTelemetryOff } from '../../lib/native-telemetry.ts';
import { Problem } from '../../lib/problem.ts';
import { createAccelerator } from '../accelerator/accelerator.ts';
import { type Launch, launchProcess } from '../accelerator/launch.ts';
import {
  type AcceleratorAddress,
  hasGpu,
  type ProviderState,
  type WantedProvider,
} from '../accelerator/messages.ts';
import type { Models } from '../face/analyze-picture.ts';
import type { Analysis, AnalysisRequest } from '../face.ts';
import type { ModelCatalog, ModelLibrary } from '../models/model-library.ts';
import type { ModelFile } from '../models/onnx-model.ts';
import { createLargePictures } from '../pictures/large-pictures.ts';
import type { PictureAnswer, PicturePayload, SilentNotice, WorkerConfiguration } from './worker.ts';
import {
  createWorkerSeats,
  type JobAnswer,
  type Seat,
  type SeatStats,
  type WorkerSettings,
} from './worker-seats.ts';

/** Throws Problem IMAGE_*, OVERLOADED (queue full), TIMEOUT or INTERNAL (worker died); never stops the service. */
export interface FaceAnalyzer {
  analyze(picture: Uint8Array, request: AnalysisRequest): Promise<Analysis>;
}

export interface AnalyzerStats extends PoolStats {
  provider: ProviderState;
}

export interface RunningFaceAnalyzer extends FaceAnalyzer {
  /** When one worker has loaded the models; rejects with the reason when it cannot. The others start with the first picture, or by `ready`. */
  started(): Promise<void>;
  /** When every worker has loaded the models; rejects with the reason when one cannot. */
  ready(): Promise<void>;
  /** After a model was imported, removed, enabled or disabled: the next picture sees it. `defaults` replaces what is loaded first. */
  reload(defaults?: Models): void;
  stats(): AnalyzerStats;
  /** When the providers were tried; until then the CPU runs the nets. */
  providersTried(): Promise<void>;
  /** Finishes the pictures that were accepted, then stops the workers. */
  close(): Promise<void>;
}

export interface FaceAnalyzerDeps {
  library: Pick<ModelLibrary, 'catalog'>;
  /** Threads; one per core is right. */
  workers: number;
  /** Execution providers, best first; the CPU is always the last resort. */
  providers: readonly WantedProvider[];
  /** Milliseconds in which one has to be tried. */
  longestTrial?: number;
  launch?: Launch;
  /** Pictures that may wait; one more is refused with OVERLOADED. */
  queueLimit: number;
  /** Models that every worker loads before its first picture; others are loaded when first asked for. */
  defaults: Models;
  clock: Clock;
  log: Log;
}

/** SwiftShader takes up to a minute a net on a busy machine; pictures do not wait for it. */
const LONGEST_TRIAL = 10 * 60_000;

/** Runs the pictures in worker threads, because a session blocks the thread it runs on. */
export function createFaceAnalyzer(deps: FaceAnalyzerDeps): RunningFaceAnalyzer {
  const { library, clock, log, workers } = deps;
  const whenRoom = createLargePictures({ workers, waiting: deps.queueLimit, clock });
  let preload = deps.defaults;
  let address: AcceleratorAddress | undefined;
  // The environment is the main thread's: a worker cannot change it any more.
  switchTelemetryOff();
  const accelerator = createAccelerator({
    providers: deps.providers,
    workers,
    hasGpu,
    timer: systemTimer,
    log,
    longestTrial: deps.longestTrial ?? LONGEST_TRIAL,
    launch: deps.launch ?? launchProcess,
    moved(next) {
      address = next;
      pool.configure(configuration());
    },
  });
  const configuration = (): WorkerConfiguration => ({
    catalog: library.catalog(),
    accelerator: address,
    preload,
  });
  const pool = createWorkerPool({
    // in dist/ the worker is JavaScript
    script: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    configuration: configuration(),
    workers,
    queueLimit: deps.queueLimit,
    restartDelay: 500,
    clock,
    log,
    noticed: (value) => accelerator.silent((value as SilentNotice).socket),
  });
  accelerator.start(netsOf(library.catalog(), preload));

  return {
    async analyze(picture, { deadline, signal, share = defaultShare, ...models }) {
      const asked = performance.now();
      const left = () => Math.max(1, Math.ceil(asked + deadline - performance.now()));
      const run = async (hasRoom: boolean, ended?: () => void) => {
        const prepare = () => {
          // a copy of its own: a Buffer may be a part of a pool that others use
          const copy = new Uint8Array(picture);
          const payload: PicturePayload = { picture: copy, models, left: left(), hasRoom };
          return { payload, transfer: [copy.buffer] };
        };
        const before = performance.now() - asked;
        const { value, waited } = await pool.run(prepare, left(), { signal, share, ended });
        return { answer: value as PictureAnswer, queued: before + waited };
      };
      let { answer, queued } = await run(false);
      if (answer === 'needs-room')
        ({ answer, queued } = await whenRoom({ share, deadline: left(), signal }, (ended) =>
          run(true, ended),
        ));
      const analysis = answer as Analysis;
      return { ...analysis, timing: { ...analysis.timing, queued } };
    },
    started: pool.started,
    ready: pool.ready,
    reload(defaults = preload) {
      preload = defaults;
      pool.configure(configuration());
      accelerator.start(netsOf(library.catalog(), preload));
    },
    stats: () => ({ ...pool.stats(), provider: accelerator.state() }),
    providersTried: accelerator.settled,
    async close() {
      await pool.close();
      accelerator.close();
    },
  };
}

/** Those that every picture with the defaults needs. */
function netsOf({ files, padSets }: ModelCatalog, { detector, embedders, pad }: Models): ModelFile[] {
  const inSet = padSets.find(({ id }) => id === pad)?.models.map(({ model }) => model) ?? [];
  const named = new Set<string>([detector, ...embedders, ...inSet]);
  return files.filter(({ entry: { id, role } }) => role === 'landmarks' || role === 'iris' || named.has(id));
}

export interface PoolJob {
  payload: unknown;
  /** Moved, not copied: the caller cannot use these any more. */
  transfer: ArrayBuffer[];
}

export interface PoolStats extends SeatStats {
  waiting: number;
  queueLimit: number;
  completed: number;
  /** Jobs refused because the queue was full. */
  overloaded: number;
  /** Milliseconds that workers were at work on the completed ones, added up. */
  workTime: number;
  timedOut: number;
}

export type WorkerPool = ReturnType<typeof createWorkerPool>;

export interface WorkerPoolDeps extends WorkerSettings {
  /** Jobs that may wait beyond those at work. */
  queueLimit: number;
  clock: Clock;
}

interface RunOptions {
  signal?: AbortSignal | undefined;
  share?: Share;
  ended?: (() => void) | undefined;
}

interface Job {
  id: number;
  share: Share;
  prepare: () => PoolJob;
  since: number;
  waited: number;
  timer: NodeJS.Timeout;
  /** Nothing works on it any more, or ever will. */
  ended(): void;
  resolve(result: { value: unknown; waited: number }): void;
  reject(problem: Problem): void;
}

/** Threads that each run one job at a time. A worker that dies or passes a deadline is replaced; only its job fails. */
export function createWorkerPool(deps: WorkerPoolDeps) {
  const { clock, log } = deps;
  const line = createLine(deps);
  const lost = (job: Job, reason: string) => abandon(job, internal(reason));
  const seats = createWorkerSeats<Job>({ ...deps, ready: assign, answered, lost, broke });
  let nextJob = 1;
  let timedOut = 0;
  let closing: PromiseWithResolvers<void> | undefined;

  function assign(): void {
    for (const seat of seats.free()) {
      const job = line.take();
      if (!job) break;
      start(job, seat);
    }
    settle();
  }

  function answered(job: Job, answer: JobAnswer): void {
    line.complete(job);
    conclude(job, answer, log);
    assign();
  }

  function broke(reason: string): void {
    for (const job of line.empty()) fail(job, internal(reason));
    settle();
  }

  function expire(job: Job, deadline: number): void {
    timedOut++;
    const replaced = seats.replace(job);
    if (replaced) log.warn({ deadline }, 'an inference worker passed its deadline and is replaced');
    abandon(job, late(), replaced);
  }

  function abandon(job: Job, problem: Problem, ended?: Promise<void>): void {
    line.leave(job);
    fail(job, problem, ended);
    settle();
  }

  function drop(job: Job): void {
    if (line.remove(job)) fail(job, notWanted());
    settle();
  }

  /** Why no job is taken. */
  function refusalOf(signal: AbortSignal | undefined): Problem | undefined {
    if (signal?.aborted) return notWanted();
    if (closing) return overloaded('Gatehouse is stopping; try again in a moment.', 5);
    const broken = seats.broken();
    return broken === undefined ? undefined : internal(broken);
  }

  /** Ends close() when nothing is left to do. */
  function settle(): void {
    if (line.waiting() === 0 && seats.busy() === 0) closing?.resolve();
  }

  return {
    /**
     * Resolves with the worker's value and the milliseconds the job waited. `prepare` is called when a worker is free.
     * The workers are shared fairly (fair-queue.ts): a job without `share` belongs to no organization. When too many wait, the newest of the one
     * with the most is refused. Throws what the worker refused with, or Problem OVERLOADED, TIMEOUT or INTERNAL. A job that still waits when `signal`
     * is given up is dropped with TIMEOUT; one at work goes on to its end. `ended` is called when no worker is at work on it any more, which is
     * after the answer where the deadline passed.
     */
    run(
      prepare: () => PoolJob,
      deadline: number,
      { signal, share = defaultShare, ended = () => undefined }: RunOptions = {},
    ): Promise<{ value: unknown; waited: number }> {
      const refusal = refusalOf(signal);
      if (refusal) {
        ended();
        return Promise.reject(refusal);
      }
      seats.fill();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => expire(job, deadline), deadline);
        const since = clock.now();
        const job: Job = { id: nextJob++, share, prepare, since, waited: 0, timer, ended, resolve, reject };
        line.add(job);
        signal?.addEventListener('abort', () => drop(job), { once: true });
        assign();
        line.refuseExcess(job);
      });
    },
    /** Posts to every worker, and to every later one before its first job. Replaces what was sent before. */
    configure: seats.configure,
    /** When one worker has started, which does so alone until a job comes or `ready` is asked for. */
    started: (): Promise<void> => seats.oneStarted,
    /** When every worker has started once; rejects with the reason when one could not. */
    ready(): Promise<void> {
      seats.fill();
      return seats.allStarted;
    },
    stats: (): PoolStats => ({ ...seats.stats(), ...line.stats(), timedOut }),
    /**
     * Refuses new jobs, finishes those accepted, stops the workers. A process that exits without it waits up to two seconds for
     * workers inside native code, which would abort it.
     */
    async close(): Promise<void> {
      closing ??= Promise.withResolvers<void>();
      seats.stopRestarts();
      settle();
      await closing.promise;
      await seats.close();
    },
  };
}

/** The jobs that wait and those at work, shared fairly. */
function createLine({ workers, queueLimit, clock }: WorkerPoolDeps) {
  const queue = createFairQueue<Job>({ seats: workers, clock });
  let completed = 0;
  let overloads = 0;
  let workTime = 0;
  /** Milliseconds a job takes, smoothed. */
  let typical = 50;
  return {
    add: queue.add,
    remove: queue.remove,
    empty: queue.empty,
    waiting: () => queue.waiting,
    stats: () => ({ waiting: queue.waiting, queueLimit, completed, overloaded: overloads, workTime }),
    take(): Job | undefined {
      const job = queue.take();
      if (job) job.waited = clock.now() - job.since;
      return job;
    },
    complete(job: Job): void {
      queue.finish(job);
      completed++;
      const took = clock.now() - job.since - job.waited;
      workTime += took;
      typical += (took - typical) / 8;
    },
    /** Removes a job that waits, or whose worker ended. */
    leave(job: Job): void {
      if (!queue.remove(job)) queue.finish(job);
    },
    /** Refuses one of those that wait where `newcomer` is one too many. */
    refuseExcess(newcomer: Job): void {
      const refused = queue.dropExcess(newcomer, queueLimit);
      if (!refused) return;
      overloads++;
      const seconds = Math.ceil((typical * (queue.waiting + 1)) / workers / 1000);
      fail(
        refused,
        overloaded('Too many pictures are being analyzed; try again shortly.', Math.max(1, seconds)),
      );
    },
  };
}

function start(job: Job, seat: Seat<Job>): void {
  seat.job = job;
  const { payload, transfer } = job.prepare();
  seat.thread.post({ job: job.id, payload }, transfer);
}

function conclude(job: Job, answer: JobAnswer, log: Log): void {
  switch (answer.is) {
    case 'done':
      clearTimeout(job.timer);
      job.ended();
      job.resolve({ value: answer.value, waited: job.waited });
      break;
    case 'refused': {
      const cause = answer.cause === undefined ? {} : { cause: new Error(answer.cause) };
      fail(job, new Problem(answer.code, answer.message, { ...answer.extra, ...cause }));
      break;
    }
    case 'failed':
      log.error({ reason: answer.message }, 'a picture could not be analyzed');
      fail(job, internal(answer.message));
      break;
    default:
      answer satisfies never;
  }
}

/** `ended`: when its worker is out of it, where that is later. */
function fail(job: Job, problem: Problem, ended?: Promise<void>): void {
  clearTimeout(job.timer);
  if (ended) void ended.then(job.ended);
  else job.ended();
  job.reject(problem);
}

const defaultShare: Share = { world: 'live', organization: '', key: '' };

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

const late = () =>
  new Problem('TIMEOUT', 'The picture was not analyzed in time; try again, or send a smaller one.');

const notWanted = () => new Problem('TIMEOUT', 'The caller did not wait for the answer.');
