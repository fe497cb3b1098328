import { defined } from '../../lib/defined.ts';
import { median } from '../../lib/median.ts';
import type { ModelEntry } from '../models/manifest.ts';
import type { ModelFile, OnnxModel, OpenModel, Provider } from '../models/onnx-model.ts';

/** What the trial found of one net; `reason` where the CPU goes on running it. */
export interface NetVerdict {
  model: string;
  is: 'accepted' | 'slower' | 'refused';
  reason?: string;
}

export interface TrialSettings {
  provider: Provider;
  /** Used where it agrees, also where the CPU is faster. */
  isNamed: boolean;
  /** Pictures of one run, of nets that take several. */
  batch: number;
  /** Threads that run the nets on the CPU at the same time. */
  workers: number;
}

interface TrialDeps {
  open(file: ModelFile, provider: Provider): Promise<OpenModel>;
  /** Asked when the first net is open: why the device must not be used; undefined when it may. */
  refuseDevice(): string | undefined;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** A net that may be used, and what the CPU answers it, to ask again later. */
export interface AcceptedNet {
  model: OnnxModel;
  input: Float32Array;
  expected: Record<string, Float32Array>;
}

interface TrialOutcome {
  verdicts: NetVerdict[];
  accepted: AcceptedNet[];
  /** Why the device is not used at all. */
  refused?: string;
}

/** Fixed pictures of each kind that `fixedInput` draws. */
const KINDS = 4;
const TIMED_RUNS = 3;

/**
 * Opens every net on the provider and on the CPU, compares their answers to fixed pictures one by one and in a batch, and times both. A net that the
 * provider cannot open, answers differently or (unless it is named) runs slower stays on the CPU.
 */
export async function tryNets(
  files: readonly ModelFile[],
  settings: TrialSettings,
  deps: TrialDeps,
): Promise<TrialOutcome> {
  const verdicts: NetVerdict[] = [];
  const accepted: AcceptedNet[] = [];
  let isOpen = false;
  for (const file of files) {
    const refuse = (what: string, error: unknown) =>
      verdicts.push({ model: file.entry.id, is: 'refused', reason: `${what}: ${messageOf(error)}` });
    let own: OpenModel;
    try {
      own = await deps.open(file, settings.provider);
    } catch (error) {
      refuse('it cannot be opened', error);
      continue;
    }
    const refused = isOpen ? undefined : deps.refuseDevice();
    if (refused !== undefined) return { verdicts: [], accepted: [], refused };
    isOpen = true;
    const cpu = await deps.open(file, 'cpu');
    try {
      const { verdict, net } = await tryNet(own, cpu, settings, deps.now);
      verdicts.push(verdict);
      if (net) accepted.push(net);
      else await own.release();
    } catch (error) {
      refuse('it cannot be run', error);
    }
    await cpu.release();
  }
  if (isOpen) return { verdicts, accepted };
  return { verdicts: [], accepted, ...defined({ refused: verdicts[0]?.reason }) };
}

async function tryNet(
  own: OnnxModel,
  cpu: OnnxModel,
  { batch: most, workers, isNamed }: TrialSettings,
  now: () => number,
): Promise<{ verdict: NetVerdict; net?: AcceptedNet }> {
  const { entry } = cpu;
  const batch = entry.input.batch ? most : 1;
  const count = Math.max(KINDS, batch);
  const pictures = fixedInput(entry, count);
  const part = (from: number, to: number) =>
    pictures.subarray((from * pictures.length) / count, (to * pictures.length) / count);

  async function compare(input: Float32Array, size: number): Promise<string | undefined> {
    return disagreement(differences(entry, await cpu.run(input, size), await own.run(input, size), size));
  }
  let reason: string | undefined;
  for (let i = 0; i < count && reason === undefined; i++) reason = await compare(part(i, i + 1), 1);
  if (entry.input.batch) reason ??= await compare(pictures, count);
  if (reason !== undefined) return { verdict: { model: entry.id, is: 'refused', reason } };

  if (!isNamed) {
    const onDevice = (await timeOf(() => own.run(part(0, batch), batch), now)) / batch;
    const onCpu = (await timeOf(() => cpu.run(part(0, 1), 1), now)) / workers;
    if (onDevice >= onCpu) {
      const times = `${onDevice.toPrecision(2)} ms a picture, against ${onCpu.toPrecision(2)} ms`;
      return { verdict: { model: entry.id, is: 'slower', reason: `it is slower there: ${times}` } };
    }
  }
  const input = part(0, 1);
  const net = { model: own, input, expected: await cpu.run(input, 1) };
  return { verdict: { model: entry.id, is: 'accepted' }, net };
}

async function timeOf(run: () => Promise<unknown>, now: () => number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMED_RUNS; i++) {
    const start = now();
    await run();
    times.push(now() - start);
  }
  return median(times);
}

/** The runtime's messages begin with a place in its sources and a condition. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^.* was false\. /s, '')
    .trim()
    .replace(/\.$/, '');
}

type Outputs = Record<string, Float32Array>;
type Size = readonly [number, number];

/** How far an answer may be from the CPU's on the same input. */
interface Bound {
  as: 'logit' | 'probability' | 'points' | 'direction';
  most: number;
}

/**
 * By decoder and output (docs/MODELS.md, "On a GPU", has the reasons). `logit`: difference of two logits, over their size where that is more than 1.
 * `probability`: difference. `points`: difference of coordinates, in pixels of the input (of YuNet in cells). `direction`: 1 less the cosine of each picture.
 */
const bounds: Record<ModelEntry['decoder'], Record<string, Bound>> = {
  blazeface: { scores: { as: 'logit', most: 0.01 }, boxes: { as: 'points', most: 0.1 } },
  yunet: {
    cls: { as: 'probability', most: 0.002 },
    obj: { as: 'probability', most: 0.002 },
    bbox: { as: 'points', most: 0.01 },
    kps: { as: 'points', most: 0.01 },
  },
  facemesh: { mesh: { as: 'points', most: 0.1 }, flag: { as: 'probability', most: 0.002 } },
  iris: { contour: { as: 'points', most: 0.1 } },
  embedding: { embedding: { as: 'direction', most: 0.0001 } },
  minifasnet: { live: { as: 'probability', most: 0.002 } },
};

/** Of one output: the largest difference, and the largest that is allowed. */
interface Difference {
  output: string;
  most: number;
  allowed: number;
}

/** Compares what a net answered to `batch` pictures. A value that is not finite differs infinitely. */
export const differences = (
  { decoder, outputs }: ModelEntry,
  expected: Outputs,
  found: Outputs,
  batch: number,
): Difference[] =>
  Object.keys(outputs).map((output) => {
    // YuNet has each output three times: `cls_8`, `cls_16`, `cls_32`.
    const bound = bounds[decoder][output.replace(/_\d+$/, '')];
    if (!bound) throw new Error(`There is no bound for the output ${output} of ${decoder}.`);
    const [a, b] = [expected[output]!, found[output]!];
    const most = a.length === b.length ? farthest(bound.as, a, b, batch) : Number.POSITIVE_INFINITY;
    return { output, most: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most, allowed: bound.most };
  });

/** Of outputs that differ too much, one sentence; undefined where all agree. */
export function disagreement(found: readonly Difference[]): string | undefined {
  const too = found.filter(({ most, allowed }) => !(most <= allowed));
  if (too.length === 0) return undefined;
  const each = too.map(
    ({ output, most, allowed }) => `${output} by ${most.toPrecision(2)} (at most ${allowed})`,
  );
  return `its answers differ from those of the CPU: ${each.join(', ')}`;
}

function farthest(as: Bound['as'], a: Float32Array, b: Float32Array, batch: number): number {
  if (as === 'direction') {
    const length = a.length / batch;
    const each = Array.from({ length: batch }, (_, i) => {
      const part = (of: Float32Array) => of.subarray(i * length, (i + 1) * length);
      return 1 - cosine(part(a), part(b));
    });
    return Math.max(...each);
  }
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!) / (as === 'logit' ? Math.max(1, Math.abs(a[i]!)) : 1);
    if (!(distance <= most)) most = distance;
    if (Number.isNaN(distance)) return distance;
  }
  return most;
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * `batch` pictures that are the same at every call, each of them another one: a face drawn of spots, mixed with stripes. On photographs of people the
 * nets work at such values too (the detector and the face flag find the first ones), so that a difference is not hidden where an output is 0 or 1 anyway.
 */
export function fixedInput(
  { input }: ModelEntry,
  batch: number,
  [width, height]: Size = input.size,
): Float32Array {
  const { layout, colour, mean, scale } = input;
  const data = new Float32Array(batch * width * height * 3);
  for (let k = 0; k < batch; k++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) {
          const at =
            layout === 'NCHW'
              ? ((k * 3 + c) * height + y) * width + x
              : ((k * height + y) * width + x) * 3 + c;
          const value = drawn((x + 0.5) / width, (y + 0.5) / height, colour === 'BGR' ? 2 - c : c, k);
          data[at] = (value - mean[c]!) / scale[c]!;
        }
  return data;
}

/** 1 in the middle, 0 far away. */
const spot = (u: number, v: number, across: number, down: number, width: number, height: number): number =>
  Math.exp(-(((u - across) / width) ** 2) - ((v - down) / height) ** 2);

/** Red, green or blue (`c` 0 to 2) at a place of the picture with the number `k`, 0..255. */
function drawn(u: number, v: number, c: number, k: number): number {
  const head = 1 / (1 + Math.exp(40 * (((u - 0.5) / 0.3) ** 2 + ((v - 0.52) / 0.4) ** 2 - 1)));
  let value = head * [205, 160, 135][c]! * (1 - ((u - 0.5) / 0.6) ** 2) + (1 - head) * [90, 110, 130][c]!;
  for (const eye of [0.37, 0.63]) {
    value -= 60 * spot(u, v, eye, 0.42, 0.085, 0.022) + 70 * spot(u, v, eye, 0.385, 0.09, 0.014);
    value += 70 * spot(u, v, eye, 0.455, 0.055, 0.022) - 150 * spot(u, v, eye, 0.455, 0.022, 0.022);
  }
  value += 25 * spot(u, v, 0.5, 0.53, 0.025, 0.09) - 35 * spot(u, v, 0.5, 0.6, 0.05, 0.02);
  value -= [60, 90, 80][c]! * spot(u, v, 0.5, 0.72, 0.11, 0.022);
  const stripes =
    127 + 70 * Math.sin(2 * Math.PI * ((2 + (k % 5)) * u + 3 * v) + c) + 50 * Math.sin(40 * u - (25 + k) * v);
  const mixed = (k % 4) / 4 + k / 100;
  return Math.min(255, Math.max(0, value * (1 - mixed) + stripes * mixed));
}
