import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { lowerThisThread } from '../../lib/machine/thread-priority.ts';
import { type ModelFile, openOnnxModel } from '../models/onnx-model.ts';
import {
  adapterIn,
  createBatches,
  isSoftware,
  type NetAnswer,
  type NetRequest,
  readMessages,
  sendMessage,
} from './messages.ts';
import {
  type AcceptedNet,
  differences,
  disagreement,
  messageOf,
  type NetVerdict,
  type TrialSettings,
  tryNets,
} from './trial.ts';

export interface AcceleratorTask extends TrialSettings {
  files: ModelFile[];
  /** Where to listen, and the file that the standard error of this process goes to. */
  socket: string;
  log: string;
}

/** What came of the trial. `ready`: workers may connect. `refused`: the process ends; `reason` where the device is not used for any net. */
export type TrialResult =
  | { is: 'ready'; adapter: string | undefined; verdicts: NetVerdict[] }
  | { is: 'refused'; verdicts: NetVerdict[]; reason: string | undefined };

/** `failed`: a run, on a device that works. `alive`: the answer to `ask`. */
export type AcceleratorMessage =
  | TrialResult
  | { is: 'failed'; reason: string }
  | { is: 'lost'; reason: string }
  | { is: 'alive' };

/** Images of one run: what a GPU has to hold at once. */
const MOST_IMAGES = 32;

const say = (news: AcceleratorMessage, sent = () => {}): void => void process.send!(news, () => sent());

lowerThisThread('soon');
process.once('disconnect', () => process.exit());
process.once('message', (task: AcceleratorTask) => void begin(task));

/** Tries the nets, and goes on to run them for the workers: they are opened once, and a driver that crashes ends this process alone. */
async function begin(task: AcceleratorTask): Promise<void> {
  const adapter = () => adapterIn(readFileSync(task.log, 'utf8'));
  const { verdicts, accepted, refused } = await tryNets(task.files, task, {
    open: openOnnxModel,
    refuseDevice: () => (task.isNamed ? undefined : whyNoGpu(adapter())),
    now: () => performance.now(),
  });
  if (accepted.length > 0) {
    serve(accepted, task.socket, () => say({ is: 'ready', adapter: adapter(), verdicts }));
    return;
  }
  say({ is: 'refused', verdicts, reason: refused }, () => process.exit());
}

function whyNoGpu(adapter: string | undefined): string | undefined {
  if (adapter === undefined) return 'the adapter does not say what it is';
  return isSoftware(adapter) ? `the adapter ${adapter} is software` : undefined;
}

function serve(nets: readonly AcceptedNet[], socket: string, listening: () => void): void {
  const arriving = new Set<{ isWithin(): boolean }>();
  const batches = createBatches({
    most: MOST_IMAGES,
    async nextTurn() {
      // A call is larger than what a socket holds: those that were begun during the last run are read to their end.
      do await new Promise(setImmediate);
      while ([...arriving].some((one) => one.isWithin()));
    },
    async isLost() {
      const reason = await whyLost(nets[0]!);
      if (reason !== undefined) say({ is: 'lost', reason }, () => process.exit());
      return reason !== undefined;
    },
  });
  process.on('message', () => say({ is: 'alive' }));
  createServer((worker) => {
    const reader = readMessages<NetRequest>(worker, async ({ id, net, within, ...call }) => {
      const end = performance.now() + within;
      const answer: NetAnswer = { id };
      const isWanted = () => !worker.destroyed && performance.now() < end;
      try {
        answer.outputs = await batches.run({ ...call, model: nets[net]!.model, isWanted });
      } catch (error) {
        if (isWanted()) say({ is: 'failed', reason: messageOf(error) });
      }
      if (!worker.destroyed) sendMessage(worker, answer);
    });
    arriving.add(reader);
    worker.on('close', () => arriving.delete(reader));
    worker.on('error', () => undefined);
  }).listen(socket, listening);
}

/** Whether the device still answers what it answered before. */
async function whyLost({ model, input, expected }: AcceptedNet): Promise<string | undefined> {
  try {
    return disagreement(differences(model.entry, expected, await model.run(input, 1), 1));
  } catch (error) {
    return messageOf(error);
  }
}
