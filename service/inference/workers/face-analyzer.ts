import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { switchTelemetryOff } from '../../lib/native-telemetry.ts';
import { systemTimer } from '../../lib/timer.ts';
import { createAccelerator } from '../accelerator/accelerator.ts';
import { type Launch, launchProcess } from '../accelerator/launch.ts';
import {
  type AcceleratorAddress,
  hasGpu,
  type ProviderState,
  type WantedProvider,
} from '../accelerator/messages.ts';
import type { Models } from '../face/analyze-picture.ts';
import type { Analysis, FaceAnalyzer } from '../face.ts';
import type { ModelCatalog, ModelLibrary } from '../models/model-library.ts';
import type { ModelFile } from '../models/onnx-model.ts';
import { createHeifSlots } from '../pictures/heif-slots.ts';
import type { PicturePayload, SilentNotice, WorkerConfiguration } from './worker.ts';
import { createWorkerPool, type PoolStats } from './worker-pool.ts';

export interface AnalyzerStats extends PoolStats {
  provider: ProviderState;
}

export interface RunningFaceAnalyzer extends FaceAnalyzer {
  /** When the models are loaded; rejects with the reason when they cannot be. */
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
  const heifSlots = createHeifSlots(workers);
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
    heifSlots,
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
    async analyze(picture, { deadline, signal, share, ...models }) {
      const end = clock.now() + deadline;
      const { value, waited } = await pool.run(
        () => {
          // a copy of its own: a Buffer may be a part of a pool that others use
          const copy = new Uint8Array(picture);
          const payload: PicturePayload = { picture: copy, models, left: end - clock.now() };
          return { payload, transfer: [copy.buffer] };
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
