import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { switchTelemetryOff } from '../../lib/native-telemetry.ts';
import type { Models } from '../face/analyze-picture.ts';
import type { Analysis, FaceAnalyzer } from '../face.ts';
import type { ModelLibrary } from '../models/model-library.ts';
import type { Provider } from '../models/onnx-model.ts';
import { createHeifSlots } from '../pictures/heif-slots.ts';
import type { FallbackNotice, WorkerConfiguration } from './worker.ts';
import { createWorkerPool, type PoolStats } from './worker-pool.ts';

export interface AnalyzerStats extends PoolStats {
  /** As configured, best first. */
  providers: readonly Provider[];
  /** Model id -> why it runs on the CPU although another provider was wanted. */
  fallbacks: Record<string, string>;
}

export interface RunningFaceAnalyzer extends FaceAnalyzer {
  /** When the models are loaded; rejects with the reason when they cannot be. */
  ready(): Promise<void>;
  /** After a model was imported, removed, enabled or disabled: the next picture sees it. `defaults` replaces what is loaded first. */
  reload(defaults?: Models): void;
  stats(): AnalyzerStats;
  /** Finishes the pictures that were accepted, then stops the workers. */
  close(): Promise<void>;
}

export interface FaceAnalyzerDeps {
  library: Pick<ModelLibrary, 'catalog'>;
  /** Threads; one per core is right. */
  workers: number;
  /** Execution providers, best first; the CPU is always the last resort. */
  providers: readonly Provider[];
  /** Pictures that may wait; one more is refused with OVERLOADED. */
  queueLimit: number;
  /** Models that every worker loads before its first picture; others are loaded when first asked for. */
  defaults: Models;
  clock: Clock;
  log: Log;
}

/** Runs the pictures in worker threads, because a session blocks the thread it runs on. */
export function createFaceAnalyzer(deps: FaceAnalyzerDeps): RunningFaceAnalyzer {
  const { library, providers, log } = deps;
  const fallbacks = new Map<string, string>();
  const heifSlots = createHeifSlots(deps.workers);
  let preload = deps.defaults;
  // The environment is the main thread's: a worker cannot change it any more.
  switchTelemetryOff();
  const configuration = (): WorkerConfiguration => ({
    catalog: library.catalog(),
    providers,
    heifSlots,
    preload,
  });
  const pool = createWorkerPool({
    // in dist/ the worker is JavaScript
    script: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    configuration: configuration(),
    workers: deps.workers,
    queueLimit: deps.queueLimit,
    restartDelay: 500,
    clock: deps.clock,
    log,
    noticed(value) {
      const { model, reason } = value as FallbackNotice;
      if (fallbacks.has(model)) return;
      fallbacks.set(model, reason);
      log.warn(
        { model, providers, reason },
        'the execution provider cannot be used; this model runs on the CPU',
      );
    },
  });

  return {
    async analyze(picture, { deadline, signal, share, ...models }) {
      const { value, waited } = await pool.run(
        () => {
          // a copy of its own: a Buffer may be a part of a pool that others use
          const copy = new Uint8Array(picture);
          return { payload: { picture: copy, models }, transfer: [copy.buffer] };
        },
        deadline,
        signal,
        share,
      );
      const analysis = value as Analysis;
      return { ...analysis, timing: { ...analysis.timing, queued: waited } };
    },
    ready: pool.ready,
    reload(defaults = preload) {
      preload = defaults;
      pool.configure(configuration());
    },
    stats: () => ({ ...pool.stats(), providers, fallbacks: Object.fromEntries(fallbacks) }),
    close: pool.close,
  };
}
