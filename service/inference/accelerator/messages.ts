import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import type { ModelFile, OnnxModel, Provider } from '../models/onnx-model.ts';

/** Where an accelerator listens, and the keys of the nets that it runs: a worker asks by the place in this list. */
export interface AcceleratorAddress {
  socket: string;
  nets: readonly string[];
}

/** A new entry for the same bytes is another net: it may be read differently. */
export const netKey = ({ entry }: ModelFile): string => JSON.stringify(entry);

export interface NetRequest {
  id: number;
  net: number;
  input: Float32Array;
  count: number;
  size: readonly [number, number];
  /** Milliseconds for which the worker waits. */
  within: number;
}

/** Without `outputs` the worker runs the net itself. */
export interface NetAnswer {
  id: number;
  outputs?: Outputs;
}

const HEAD = 4;

/** The length of the message in four bytes, then V8's serialization, which copies. */
export function sendMessage(socket: Socket, message: NetRequest | NetAnswer): void {
  const body = serialize(message);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(body.length);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}

/** `isWithin` says whether a message has begun to arrive and is not complete. */
export function readMessages<Message>(
  socket: Socket,
  received: (message: Message) => void,
): { isWithin(): boolean } {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted: number | undefined;
  socket.on('data', (part: Buffer) => {
    parts.push(part);
    held += part.length;
    for (;;) {
      if (held < (wanted ?? HEAD)) return;
      let bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      if (wanted === undefined) {
        wanted = bytes.readUInt32LE();
        bytes = bytes.subarray(HEAD);
        parts = [bytes];
        held = bytes.length;
        continue;
      }
      const body = bytes.subarray(0, wanted);
      bytes = bytes.subarray(wanted);
      parts = bytes.length > 0 ? [bytes] : [];
      held = bytes.length;
      wanted = undefined;
      received(deserialize(body) as Message);
    }
  });
  return { isWithin: () => held > 0 || wanted !== undefined };
}

export type Outputs = Record<string, Float32Array>;

/** One call of a net by one picture. */
export interface Call {
  model: OnnxModel;
  /** `count` pictures; not changed until the answer. */
  input: Float32Array;
  count: number;
  size: readonly [number, number];
  /** Whether the caller still waits. */
  isWanted(): boolean;
}

export interface BatchDeps {
  /** Images of one run at most; a single call may have more. */
  most: number;
  /** Resolves when the calls that came meanwhile have been added. */
  nextTurn(): Promise<void>;
  /** Asked after a run that failed. With true, everything that waits and comes later is refused. */
  isLost(): Promise<boolean>;
}

interface Waiting extends Call {
  resolve(outputs: Outputs): void;
  reject(reason: Error): void;
}

/**
 * Runs calls one after another, and those for one net that came meanwhile together: a call never waits for another one to come, so a batch costs no
 * time, and grows with the load. Throws Error where the caller has to run the net itself.
 */
export function createBatches({ most, nextTurn, isLost }: BatchDeps): { run(call: Call): Promise<Outputs> } {
  let waiting: Waiting[] = [];
  let lost: Error | undefined;
  let isRunning = false;

  /** The oldest call, and as many that fit with it as are allowed, in their order. */
  function take(): Waiting[] {
    const [first, ...others] = waiting;
    if (!first) return [];
    const together = [first];
    let images = first.count;
    for (const call of others) {
      if (!first.model.entry.input.batch || call.model !== first.model || `${call.size}` !== `${first.size}`)
        continue;
      if (images + call.count > most) break;
      images += call.count;
      together.push(call);
    }
    waiting = waiting.filter((call) => !together.includes(call));
    return together;
  }

  async function attempt(calls: readonly Waiting[]): Promise<void> {
    try {
      const outputs = await runTogether(calls);
      for (const [i, call] of calls.entries()) call.resolve(outputs[i]!);
    } catch (error) {
      if (await isLost()) lost = error as Error;
      // Alone, so that one call does not make the others fail.
      for (const call of calls)
        if (calls.length === 1 || lost) call.reject(lost ?? (error as Error));
        else await attempt([call]);
    }
  }

  async function runAll(): Promise<void> {
    for (;;) {
      await nextTurn();
      waiting = waiting.filter((call) => {
        const refusal = lost ?? (call.isWanted() ? undefined : new Error('It came too late.'));
        if (refusal) call.reject(refusal);
        return !refusal;
      });
      const calls = take();
      if (calls.length === 0) break;
      await attempt(calls);
    }
    isRunning = false;
  }

  return {
    run: (call) =>
      new Promise((resolve, reject) => {
        const [width, height] = call.size;
        if (call.input.length !== call.count * width * height * 3) {
          reject(
            new Error(
              `An input of ${call.input.length} values is not ${call.count} of ${width} by ${height}.`,
            ),
          );
          return;
        }
        waiting.push({ ...call, resolve, reject });
        if (isRunning) return;
        isRunning = true;
        void runAll();
      }),
  };
}

/** The outputs of each call. */
async function runTogether(calls: readonly Call[]): Promise<Outputs[]> {
  const { model, size } = calls[0]!;
  const total = calls.reduce((sum, { count }) => sum + count, 0);
  const length = total * size[0] * size[1] * 3;
  const input = calls.length === 1 ? calls[0]!.input : new Float32Array(length);
  let at = 0;
  if (calls.length > 1)
    for (const call of calls) {
      input.set(call.input, at);
      at += call.input.length;
    }
  const outputs = await model.run(input, total, size);
  refuseEmpty(outputs);
  let from = 0;
  return calls.map(({ count }) => {
    const to = from + count;
    const part = (data: Float32Array) =>
      data.subarray((from * data.length) / total, (to * data.length) / total);
    const own = Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, part(data)]));
    from = to;
    return own;
  });
}

/** A device without memory, or one that was reset, may answer zeros instead of an error. */
function refuseEmpty(outputs: Outputs): void {
  const all = Object.values(outputs);
  if (all.every((data) => data.every((value) => value === 0)))
    throw new Error('It answered nothing but zeros.');
  if (!all.every((data) => data.every(Number.isFinite)))
    throw new Error('It answered values that are not finite.');
}

/** What the setting names: `auto` is `webgpu` where a GPU answers, agrees and is faster. */
export type WantedProvider = 'auto' | Provider;

/** Why the CPU runs nets. */
export interface CpuReason {
  asked: WantedProvider;
  /** `nets`: each of them says it. */
  code: 'not-started' | 'no-gpu' | 'trying' | 'failed' | 'unusable' | 'nets' | 'lost';
  /** What the process or the driver said, in its words. */
  said?: string;
}

/** Which provider runs the nets: `ProviderReport` of the engine, which is what every reply has. */
export interface ProviderState {
  /** As configured, in order. */
  providersAsked: WantedProvider[];
  /** In use beside the CPU; `cpu` where that alone is, and during the trial. */
  provider: Provider;
  /** Its device, as the driver calls it. */
  adapter?: string;
  /** Why the CPU runs nets although another provider was named, or a GPU answers: a fault. */
  fallback?: string;
  /** The same where nothing is wrong: no GPU, a slower one, a trial that is under way. */
  note?: string;
  /** The same as codes. */
  because?: CpuReason[];
  /** What was tried. */
  nets: { model: string; provider: Provider; reason?: string; code?: 'refused' | 'slower' | 'lost' }[];
}

/** With it the Vulkan loader writes which device it opened, and the driver's file, to the standard error of the process. */
export const NAMES_ADAPTER = { VK_LOADER_DEBUG: 'driver' } as const;

/** The adapter that was opened, by what the process wrote; undefined where that does not say it. */
export function adapterIn(log: string, platform = process.platform): string | undefined {
  // Metal has no software device.
  if (platform === 'darwin') return 'Metal';
  return [...log.matchAll(/Using "([^"]+)" with driver: "/g)].at(-1)?.[1]?.trim();
}

/** SwiftShader, Mesa's llvmpipe (lavapipe), Microsoft's Basic Render Driver: a GPU played by the CPU. */
export const isSoftware = (adapter: string): boolean =>
  /swiftshader|llvmpipe|lavapipe|basic render|software|\bcpu\b/i.test(adapter);

/** Device files of GPUs. A machine without any is not asked: that would take a process of its own at every start. */
const GPU_FILES = /^(dri\/renderD\d+|nvidia\d+|dxg|mali\d+|kgsl-3d\d+|nvhost-gpu|nvgpu)$/;

/** Whether this machine has a GPU that this process may see. */
export function hasGpu(list: (folder: string) => string[] = readNames, platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  return [...list('/dev'), ...list('/dev/dri').map((name) => `dri/${name}`)].some((name) =>
    GPU_FILES.test(name),
  );
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
