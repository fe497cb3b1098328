import { availableParallelism } from 'node:os';
import { withTestPeople } from '../engine/matching/index.ts';
import {
  createModels,
  createSharedModels,
  type Models,
  type ProviderReport,
} from '../engine/models/index.ts';
import type { Logo } from '../inference/pictures/read-logo.ts';
import {
  type AnalyzerStats,
  createFaceAnalyzer,
  type FaceAnalyzer,
  type RunningFaceAnalyzer,
} from '../inference/workers/face-analyzer.ts';
import { createConnection } from './connection.ts';
import type { Foundation } from './foundation.ts';

export type Pictures = Awaited<ReturnType<typeof openPictures>>;

/** Models, and the workers that run them. */
export async function openPictures({
  config,
  db,
  inTransaction,
  integrity,
  audit,
  clock,
  log,
  library,
  metrics,
  node,
  opened,
}: Foundation) {
  let running: RunningFaceAnalyzer | undefined;
  opened.defer(() => running?.close());
  /** Fills the galleries with the templates of another model file. */
  const galleriesChanged = createConnection<() => Promise<void>>('models.galleriesChanged');
  const models: Models = await createModels({
    db,
    inTransaction,
    integrity,
    audit,
    clock,
    library,
    shared: node && createSharedModels({ db, inTransaction, integrity }),
    async changed() {
      running?.reload(firstModels(models));
      if (galleryFiles(models) === inGalleries) return;
      inGalleries = galleryFiles(models);
      await galleriesChanged.call();
    },
  });
  let inGalleries = galleryFiles(models);
  /** Starts the workers at the first call. */
  const pictures = () =>
    (running ??= createFaceAnalyzer({
      library,
      workers: config.workers || availableParallelism(),
      providers: config.providers,
      queueLimit: config.queueLimit,
      defaults: firstModels(models),
      clock,
      log,
    }));
  const notStarted: ProviderReport = {
    providersAsked: config.providers,
    provider: 'cpu',
    nets: [],
    note: 'no picture was analyzed yet',
    because: [{ asked: config.providers[0] ?? 'cpu', code: 'not-started' }],
  };
  const workers: FaceAnalyzer = {
    async analyze(picture, request) {
      const analysis = await pictures().analyze(picture, request);
      metrics.inference(analysis.timing);
      return analysis;
    },
  };
  const analyzer = withTestPeople(
    workers,
    (embedder) => library.manifest().models.find(({ id }) => id === embedder)?.dimensions ?? 1,
  );
  return {
    models,
    galleriesChanged,
    pictures,
    analyzer,
    /** Asks no worker to start. */
    netProvider: (): ProviderReport => running?.stats().provider ?? notStarted,
    /** Asks no worker to start: a command that ends while one loads its models would be aborted. */
    stats: (): Pick<AnalyzerStats, 'workers' | 'busy' | 'waiting' | 'queueLimit' | 'broken'> & {
      provider: ProviderReport;
    } =>
      running?.stats() ?? {
        workers: 0,
        busy: 0,
        waiting: 0,
        queueLimit: config.queueLimit,
        provider: notStarted,
      },
    // Loaded when one is set: the library for pictures takes longer to load than most commands run.
    readLogo: async (file: Uint8Array): Promise<Logo> =>
      (await import('../inference/pictures/read-logo.ts')).readLogo(file),
  };
}

/** Models that every worker loads at its start. */
function firstModels(models: Models) {
  const { detectors, embedders, padSets } = models.current();
  const [pad] = padSets;
  return { detector: detectors[0] ?? 'blazeface', embedders, pad: pad?.id };
}

/** The models, and their files, whose templates the galleries hold. */
function galleryFiles(models: Models): string {
  const { galleries, files } = models.current();
  return galleries.map((model) => `${model} ${files[model]}`).join();
}
