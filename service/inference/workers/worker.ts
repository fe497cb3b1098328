import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { lowerThisThread } from '../../lib/machine/thread-priority.ts';
import { Problem } from '../../lib/problem.ts';
import { type AcceleratorAddress, netKey } from '../accelerator/messages.ts';
import { createRemoteNets } from '../accelerator/remote-nets.ts';
import { createPictureAnalyzer, type Models } from '../face/analyze-picture.ts';
import type { Analysis } from '../face.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import { type ModelFile, type OnnxModel, openOnnxModel } from '../models/onnx-model.ts';
import { decodeHeif } from '../pictures/decode-heif.ts';
import { readHeader } from '../pictures/decode-picture.ts';
import { createNative } from './native-gate.ts';
import type { WorkerAnswer, WorkerStart } from './worker-seats.ts';

/** Sent to a worker at start, whenever the installed models change, and when the accelerator comes or goes. */
export interface WorkerConfiguration {
  catalog: ModelCatalog;
  accelerator: AcceleratorAddress | undefined;
  /** Opened before the first picture. */
  preload: Models;
}

/** `value` of a notice: the accelerator at this socket did not answer in time. */
export interface SilentNotice {
  socket: string;
}

/** `left`: milliseconds to the deadline. `hasRoom`: it may be decoded even if it is large (large-pictures.ts). */
export interface PicturePayload {
  picture: Uint8Array;
  models: Models;
  left: number;
  hasRoom: boolean;
}

export type PictureAnswer = Analysis | 'needs-room';

interface Message {
  job?: number;
  payload?: PicturePayload;
  configuration?: WorkerConfiguration;
}

const port = parentPort!;
const answer = (message: WorkerAnswer): void => port.postMessage(message);

// one thread per worker; libvips' cache would only hold on to people's pictures
sharp.concurrency(1);
sharp.cache(false);

// The thread that answers comes first on a busy core.
lowerThisThread();

const opened = new Map<string, Promise<OnnxModel>>();
const start = workerData as WorkerStart<WorkerConfiguration>;
const native = createNative(start.gate, () => process.exit());
/** Half of the time that the picture has left: the other half is for the CPU. After one answer that did not come, none is waited for. */
let patience = () => 0;
const remote = createRemoteNets((socket) => {
  patience = () => 0;
  answer({ is: 'notice', value: { socket } satisfies SilentNotice });
});
let analyzer = analyzerOf(start.configuration);
let turn = analyzer.warmUp(start.configuration.preload).then(() => answer({ is: 'ready' }));

// one thing at a time: the models' input buffers are shared
port.on('message', (message: Message) => {
  turn = turn.then(() => handle(message));
});

async function handle({ job, payload, configuration: next }: Message): Promise<void> {
  if (next) {
    analyzer = analyzerOf(next);
    const kept = new Set(next.catalog.files.map(netKey));
    for (const key of opened.keys()) if (!kept.has(key)) opened.delete(key);
    // a model that cannot be opened is reported to the first picture that needs it
    await analyzer.warmUp(next.preload).catch(() => undefined);
  }
  if (job === undefined || !payload) return;
  const end = performance.now() + payload.left;
  patience = () => (end - performance.now()) / 2;
  try {
    const header = await native(() => readHeader(payload.picture));
    const value: PictureAnswer =
      header.large && !payload.hasRoom
        ? 'needs-room'
        : await analyzer.analyze(payload.picture, payload.models, header);
    answer({ is: 'done', job, value });
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

function analyzerOf({ catalog, accelerator }: WorkerConfiguration) {
  remote.move(accelerator);
  /** Sessions are made once per manifest entry; making and releasing them leaks (onnxruntime #25325). */
  function open(file: ModelFile): Promise<OnnxModel> {
    const key = netKey(file);
    const model = opened.get(key) ?? native(() => openOnnxModel(file)).then((net) => accelerated(key, net));
    opened.set(key, model);
    model.catch(() => opened.delete(key));
    return model;
  }
  return createPictureAnalyzer({
    catalog,
    open,
    decodeHeif,
    native,
    now: () => performance.now(),
  });
}

/** Asks the accelerator first; the session of this thread answers what it does not. */
function accelerated(key: string, model: OnnxModel): OnnxModel {
  return {
    ...model,
    run: async (input, batch, size = model.entry.input.size) =>
      (await remote.ask(key, input, batch, size, patience())) ?? native(() => model.run(input, batch, size)),
  };
}
