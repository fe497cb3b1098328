import { defined } from '../../lib/defined.ts';
import { median } from '../../lib/median.ts';
import type { ModelFile, OnnxModel, OpenModel, Provider } from '../models/onnx-model.ts';
import { differences, disagreement, fixedInput } from './agreement.ts';

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

export interface TrialDeps {
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

export interface TrialOutcome {
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
