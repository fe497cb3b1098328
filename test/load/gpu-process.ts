import { readFileSync } from 'node:fs';
import { adapterIn } from '../../service/inference/accelerator/messages.ts';
import { fixedInput, messageOf } from '../../service/inference/accelerator/trial.ts';
import {
  type ModelFile,
  type OnnxModel,
  openOnnxModel,
  type Provider,
} from '../../service/inference/models/onnx-model.ts';

export interface GpuTask {
  /** With how often each runs for one picture, and on how many images. */
  nets: { file: ModelFile; calls: number; images: number }[];
  batches: number[];
  /** Milliseconds: after a batch that took longer, no larger one is measured. */
  longest: number;
  /** Its own standard error. */
  log: string;
}

export interface GpuFigures {
  adapter?: string;
  /** Milliseconds of one batch of pictures through all nets, and of each net; by provider. */
  runs: { provider: Provider; batch: number; nets: Record<string, number> }[];
  /** Why there is nothing of webgpu. */
  missing?: string;
}

/** Started by bench-gpu.ts: only the standard error of a process of its own says which adapter it got. */
process.once('message', async (task: GpuTask) => {
  const figures: GpuFigures = { runs: await measure(task, 'cpu') };
  try {
    figures.runs.push(...(await measure(task, 'webgpu')));
  } catch (error) {
    figures.missing = messageOf(error);
  }
  const adapter = adapterIn(readFileSync(task.log, 'utf8'));
  process.send?.({ ...figures, ...(adapter !== undefined && { adapter }) }, () => process.exit());
});

async function measure({ nets, batches, longest }: GpuTask, provider: Provider): Promise<GpuFigures['runs']> {
  const opened: { model: OnnxModel; calls: number; images: number }[] = [];
  for (const { file, ...rest } of nets) opened.push({ model: await openOnnxModel(file, provider), ...rest });
  const runs: GpuFigures['runs'] = [];
  for (const batch of batches) {
    const each: Record<string, number> = {};
    for (const { model, calls, images } of opened)
      each[model.entry.id] = calls * (await timeOf(model, batch * images));
    runs.push({ provider, batch, nets: each });
    if (Object.values(each).reduce((sum, time) => sum + time, 0) > longest) break;
  }
  return runs;
}

/** Milliseconds for so many images, one by one where the net takes one; the second time, when everything is compiled. */
async function timeOf(model: OnnxModel, images: number): Promise<number> {
  const size = model.entry.input.batch ? images : 1;
  const input = fixedInput(model.entry, size);
  let took = 0;
  for (let time = 0; time < 2; time++) {
    const start = performance.now();
    for (let done = 0; done < images; done += size) await model.run(input, size);
    took = performance.now() - start;
  }
  return took;
}
