import { join } from 'node:path';
import type { WantedProvider } from '../../service/inference/accelerator/messages.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import { type ModelLibrary, openModelLibrary } from '../../service/inference/models/model-library.ts';
import {
  createFaceAnalyzer,
  type RunningFaceAnalyzer,
} from '../../service/inference/workers/face-analyzer.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';

export interface MeasuredPipeline {
  analyzer: RunningFaceAnalyzer;
  manifest: Manifest;
  /** What to ask the analyzer for. Embedders that are not enabled by default are measured all the same. */
  request: { detector: string; embedders: string[]; pad?: string };
}

export interface MeasuredPipelineOptions {
  workers: number;
  embedders: 'all' | 'default' | 'none';
  /** PAD set to run. */
  pad?: string;
  /** Changes the library before its models are opened. */
  prepare?(library: ModelLibrary): Promise<void>;
  /** Empty folder for what is imported. */
  scratch: string;
  /** `cpu` unless given; the work begins when they were tried. */
  providers?: WantedProvider[];
  /** Warnings of the product's log. */
  warned?(message: string): void;
}

/** Milliseconds for a trial on SwiftShader, on a machine that other work shares. */
const LONGEST_TRIAL = 3_600_000;

const root = join(import.meta.dirname, '../..');
export const manifestFile = join(root, 'models/manifest.json');

/** The product's own inference: its library, its worker pool, the models of its manifest; closed when `work` ends. */
export async function withMeasuredPipeline<T>(
  options: MeasuredPipelineOptions,
  work: (pipeline: MeasuredPipeline) => Promise<T>,
): Promise<T> {
  const paths = {
    manifest: manifestFile,
    built: join(root, 'models/built'),
    fetched: join(root, 'models/fetched'),
    imported: options.scratch,
  };
  const library = await openModelLibrary(paths);
  await options.prepare?.(library);
  const manifest = library.manifest();
  const request = {
    detector: manifest.models.find(({ role }) => role === 'detector')!.id,
    embedders: manifest.models
      .filter(({ role }) => role === 'embedder')
      .filter(
        ({ needsLicenceAcceptance, enabledByDefault = true }) =>
          options.embedders === 'all' || (enabledByDefault && !needsLicenceAcceptance),
      )
      .map(({ id }) => id)
      .slice(0, options.embedders === 'none' ? 0 : undefined),
    ...(options.pad === undefined ? {} : { pad: options.pad }),
  };
  const analyzer = createFaceAnalyzer({
    library,
    workers: options.workers,
    providers: options.providers ?? ['cpu'],
    longestTrial: LONGEST_TRIAL,
    queueLimit: 4 * options.workers,
    defaults: request,
    clock: systemClock,
    log: {
      ...silentLog,
      warn: (_fields, message) => options.warned?.(message),
      error: (fields, message) => console.error(message, fields),
    },
  });
  try {
    await analyzer.ready();
    await analyzer.providersTried();
    return await work({ analyzer, manifest, request });
  } finally {
    await analyzer.close();
  }
}
