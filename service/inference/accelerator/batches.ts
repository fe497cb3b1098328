import type { OnnxModel } from '../models/onnx-model.ts';

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
