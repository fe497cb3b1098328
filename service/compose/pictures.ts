import { availableParallelism } from 'node:os';
import { createModels, type Models, type ProviderReport } from '../engine/models/index.ts';
import type { FaceAnalyzer } from '../inference/face.ts';
import type { Logo } from '../inference/pictures/read-logo.ts';
import { createFaceAnalyzer, type RunningFaceAnalyzer } from '../inference/workers/face-analyzer.ts';
import { defined } from '../lib/defined.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';

export interface Pictures {
  models: Models;
  /** Starts the workers at the first call. */
  pictures(): RunningFaceAnalyzer;
  analyzer: FaceAnalyzer;
  /** Asks no worker to start. */
  netProvider(): ProviderReport;
  readLogo(file: Uint8Array): Promise<Logo>;
}

/** Models, and the workers that run them. `galleriesChanged` fills the galleries with the templates of another model file. */
export async function openPictures({
  config,
  ground,
  library,
  metrics,
  opened,
  audit,
  galleriesChanged,
}: Base & Audited & { galleriesChanged(): Promise<void> }): Promise<Pictures> {
  let running: RunningFaceAnalyzer | undefined;
  opened.defer(() => running?.close());
  const models = await createModels({
    ...ground,
    library,
    audit,
    async changed() {
      running?.reload(firstModels(models));
      if (galleryFiles(models) === inGalleries) return;
      inGalleries = galleryFiles(models);
      await galleriesChanged();
    },
  });
  let inGalleries = galleryFiles(models);
  const pictures = () =>
    (running ??= createFaceAnalyzer({
      library,
      workers: config.workers || availableParallelism(),
      providers: config.providers,
      queueLimit: config.queueLimit,
      defaults: firstModels(models),
      clock: ground.clock,
      log: ground.log,
    }));
  return {
    models,
    pictures,
    netProvider: () =>
      running?.stats().provider ?? {
        providersAsked: config.providers,
        provider: 'cpu',
        nets: [],
        note: 'no picture was analyzed yet',
      },
    // Loaded when one is set: the library for pictures takes longer to load than most commands run.
    readLogo: async (file) => (await import('../inference/pictures/read-logo.ts')).readLogo(file),
    analyzer: {
      async analyze(picture, request) {
        const analysis = await pictures().analyze(picture, request);
        metrics.inference(analysis.timing);
        return analysis;
      },
    },
  };
}

/** Models that every worker loads at its start. */
function firstModels(models: Models) {
  const { detectors, embedders, padSets } = models.current();
  const [pad] = padSets;
  return { detector: detectors[0] ?? 'blazeface', embedders, ...defined({ pad: pad?.id }) };
}

/** The models, and their files, whose templates the galleries hold. */
function galleryFiles(models: Models): string {
  const { galleries, files } = models.current();
  return galleries.map((model) => `${model} ${files[model]}`).join();
}
