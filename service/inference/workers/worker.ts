import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { lowerThisThread } from '../../lib/machine/thread-priority.ts';
import { Problem } from '../../lib/problem.ts';
import { createPictureAnalyzer, type Models } from '../face/analyze-picture.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import { type ModelFile, type OnnxModel, openOnnxModel, type Provider } from '../models/onnx-model.ts';
import { decodeHeif } from '../pictures/decode-heif.ts';
import { type HeifSlots, inHeifSlot } from '../pictures/heif-slots.ts';
import { createNative } from './native-gate.ts';
import type { WorkerAnswer, WorkerStart } from './worker-messages.ts';

/** Sent to a worker at start and whenever the installed models change. */
export interface WorkerConfiguration {
  catalog: ModelCatalog;
  providers: readonly Provider[];
  heifSlots: HeifSlots;
  /** Opened before the first picture. */
  preload: Models;
}

/** `value` of a notice: a model that runs on the CPU because the wanted provider could not be used. */
export interface FallbackNotice {
  model: string;
  reason: string;
}

interface Message {
  job?: number;
  payload?: { picture: Uint8Array; models: Models };
  configuration?: WorkerConfiguration;
}

const port = parentPort!;
const answer = (message: WorkerAnswer): void => port.postMessage(message);

// one thread per worker; libvips' cache would only hold on to people's pictures
sharp.concurrency(1);
sharp.cache(false);

// The thread that answers comes first on a busy core.
lowerThisThread();

/** A new entry for the same bytes is another model: it may be read differently. */
const keyOf = ({ entry }: ModelFile): string => JSON.stringify(entry);

const opened = new Map<string, Promise<OnnxModel>>();
const start = workerData as WorkerStart<WorkerConfiguration>;
const native = createNative(start.gate, () => process.exit());
let analyzer = analyzerOf(start.configuration);
let turn = analyzer.warmUp(start.configuration.preload).then(() => answer({ is: 'ready' }));

// one thing at a time: the models' input buffers are shared
port.on('message', (message: Message) => {
  turn = turn.then(() => handle(message));
});

async function handle({ job, payload, configuration: next }: Message): Promise<void> {
  if (next) {
    analyzer = analyzerOf(next);
    const kept = new Set(next.catalog.files.map(keyOf));
    for (const key of opened.keys()) if (!kept.has(key)) opened.delete(key);
    // a model that cannot be opened is reported to the first picture that needs it
    await analyzer.warmUp(next.preload).catch(() => undefined);
  }
  if (job === undefined || !payload) return;
  try {
    answer({ is: 'done', job, value: await analyzer.analyze(payload.picture, payload.models) });
  } catch (error) {
    if (!(error instanceof Problem)) {
      answer({
        is: 'failed',
        job,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return;
    }
    const { cause, ...extra } = error.extra;
    answer({
      is: 'refused',
      job,
      code: error.code,
      message: error.message,
      extra,
      ...(cause instanceof Error ? { cause: cause.message } : {}),
    });
  }
}

function analyzerOf({ catalog, providers, heifSlots }: WorkerConfiguration) {
  const fellBack = (model: string, reason: string) =>
    answer({ is: 'notice', value: { model, reason } satisfies FallbackNotice });
  /** Sessions are made once per manifest entry; making and releasing them leaks (onnxruntime #25325). */
  function open(file: ModelFile): Promise<OnnxModel> {
    const key = keyOf(file);
    const model = opened.get(key) ?? native(() => openOnnxModel(file, { providers, fellBack })).then(guarded);
    opened.set(key, model);
    model.catch(() => opened.delete(key));
    return model;
  }
  return createPictureAnalyzer({
    catalog,
    open,
    // Outside of the gate: a thread that waits for another may be ended.
    decodeHeif: (bytes, header) => inHeifSlot(heifSlots, () => decodeHeif(bytes, header)),
    native,
    now: () => performance.now(),
  });
}

function guarded(model: OnnxModel): OnnxModel {
  return { ...model, run: (...input) => native(() => model.run(...input)) };
}
