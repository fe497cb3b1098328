import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSoftware, NAMES_ADAPTER } from '../../service/inference/accelerator/messages.ts';
import type { ModelEntry, PadSetEntry } from '../../service/inference/models/manifest.ts';
import { openModelLibrary } from '../../service/inference/models/model-library.ts';
import { chooseDriver } from '../gpu/driver.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import type { GpuFigures, GpuTask } from './gpu-process.ts';

const BATCHES = [1, 2, 4, 8, 16];
/** SwiftShader takes minutes for what a GPU does in milliseconds. */
const LONGEST = 20_000;

/** All nets of a picture, by the number of pictures in one run: on one thread of the CPU, and through webgpu. */
export async function benchGpu(say: (line: string) => void): Promise<Evidence> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-gpu-'));
  try {
    const noDriver = chooseDriver();
    say('gpu: all nets on the CPU, then on webgpu; without a GPU that takes minutes');
    return evidenceOf(await measure(folder), noDriver);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(folder: string): Promise<GpuFigures> {
  const built = join(import.meta.dirname, '../../models/built');
  const library = await openModelLibrary({ manifest: manifestFile, built, imported: join(folder, 'models') });
  const { files, padSets } = library.catalog();
  const pad = padSets.find(({ models }) =>
    models.every(({ model }) => files.some(({ entry }) => entry.id === model)),
  );
  const detector = files.find(({ entry }) => entry.role === 'detector')?.entry.id;
  const nets = files.flatMap((file) => {
    const uses = usesOf(file.entry, detector, pad);
    return uses ? [{ file, ...uses }] : [];
  });
  const log = join(folder, 'log');
  const output = openSync(log, 'w');
  const child = fork(join(import.meta.dirname, 'gpu-process.ts'), {
    serialization: 'advanced',
    env: { ...process.env, ...NAMES_ADAPTER },
    stdio: ['ignore', 'inherit', output, 'ipc'],
  });
  closeSync(output);
  child.send({ nets, batches: BATCHES, longest: LONGEST, log } satisfies GpuTask);
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The process that measures ended with ${signal ?? code}.`);
  });
  const [figures] = await Promise.race([once(child, 'message'), ended]);
  return figures as GpuFigures;
}

/** How often a picture with one face needs it, and on how many images at a time; undefined: not with the defaults. */
function usesOf(
  { id, role, alignment, needsLicenceAcceptance }: ModelEntry,
  detector: string | undefined,
  pad: PadSetEntry | undefined,
) {
  if (role === 'detector') return id === detector ? { calls: 1, images: 1 } : undefined;
  if (role === 'landmarks') return { calls: 2, images: 1 };
  if (role === 'iris') return { calls: 1, images: 2 };
  if (role === 'pad')
    return pad?.models.some(({ model }) => model === id)
      ? { calls: 1, images: pad.crops?.length ?? 1 }
      : undefined;
  return needsLicenceAcceptance ? undefined : { calls: 1, images: alignment?.mirror ? 2 : 1 };
}

function evidenceOf({ adapter, runs, missing }: GpuFigures, noDriver: string | undefined): Evidence {
  const sum = (nets: Record<string, number>) => Object.values(nets).reduce((total, time) => total + time, 0);
  const rate = (provider: string, batch: number) => {
    const run = runs.find((one) => one.provider === provider && one.batch === batch);
    return run && (1000 * batch) / sum(run.nets);
  };
  const [first] = runs;
  const last = (provider: string) => runs.findLast((one) => one.provider === provider);
  const each = (provider: string, id: string) => {
    const run = last(provider);
    return run ? `${(run.nets[id]! / run.batch).toPrecision(2)} (${run.batch})` : '–';
  };
  const what =
    adapter === undefined
      ? `no adapter answered: ${[missing, noDriver].filter(Boolean).join('; ')}`
      : `${adapter}, ${isSoftware(adapter) ? 'which is software: its speed says nothing about a GPU' : 'a GPU'}`;
  return {
    title: 'Nets on a GPU',
    measured: { adapter, runs, missing },
    lines: [
      `All nets of a picture with one face, without decoding and the rest of the pipeline, by the number of pictures in one run: on one thread of the CPU, and through webgpu. The adapter: ${what}. After a batch of more than ${LONGEST / 1000} s no larger one was measured; nets whose graph takes one picture are run one by one.`,
      '',
      ...markdownTable(
        ['pictures in a run', 'CPU, one thread: pictures a second', 'webgpu', 'webgpu over CPU'],
        BATCHES.flatMap((batch) => {
          const [cpu, gpu] = [rate('cpu', batch), rate('webgpu', batch)];
          if (cpu === undefined) return [];
          return [
            [
              batch,
              cpu.toFixed(1),
              gpu?.toPrecision(3) ?? '–',
              gpu === undefined ? '–' : (gpu / cpu).toPrecision(2),
            ],
          ];
        }),
      ),
      '',
      ...markdownTable(
        ['net', 'CPU: ms a picture (in runs of)', 'webgpu: ms a picture (in runs of)'],
        Object.keys(first?.nets ?? {}).map((id) => [id, each('cpu', id), each('webgpu', id)]),
      ),
    ],
  };
}
