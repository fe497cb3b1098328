import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImport } from '../../models/import-weights.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import { openModelLibrary } from '../../service/inference/models/model-library.ts';
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
  /** Weight files to import first, and the PAD set to run. */
  pad?: { set: string; weights: string[] };
  /** Empty folder for what is imported. */
  scratch: string;
}

const root = join(import.meta.dirname, '../..');
export const manifestFile = join(root, 'models/manifest.json');

/** The product's own inference: its library, its worker pool, the models of its manifest; closed when `work` ends. */
export async function withMeasuredPipeline<T>(
  options: MeasuredPipelineOptions,
  work: (pipeline: MeasuredPipeline) => Promise<T>,
): Promise<T> {
  const paths = { manifest: manifestFile, built: join(root, 'models/built'), imported: options.scratch };
  const library = await openModelLibrary(paths);
  const known = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  for (const name of options.pad?.weights ?? []) {
    const { entry, onnx } = await readImport({ name, bytes: readFileSync(name) }, known);
    await library.add(entry, onnx);
  }
  const manifest = library.manifest();
  const request = {
    detector: manifest.models.find(({ role }) => role === 'detector')!.id,
    embedders: manifest.models
      .filter(({ role }) => role === 'embedder')
      .filter(({ needsLicenceAcceptance }) => options.embedders === 'all' || !needsLicenceAcceptance)
      .map(({ id }) => id)
      .slice(0, options.embedders === 'none' ? 0 : undefined),
    ...(options.pad === undefined ? {} : { pad: options.pad.set }),
  };
  const analyzer = createFaceAnalyzer({
    library,
    workers: options.workers,
    providers: ['cpu'],
    queueLimit: 4 * options.workers,
    defaults: request,
    clock: systemClock,
    log: { ...silentLog, error: (fields, message) => console.error(message, fields) },
  });
  try {
    await analyzer.ready();
    return await work({ analyzer, manifest, request });
  } finally {
    await analyzer.close();
  }
}
