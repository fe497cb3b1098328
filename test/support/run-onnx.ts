import { InferenceSession, Tensor } from '../../service/inference/models/onnx-runtime.ts';

/** Runs a network once on one float32 input, as the service does: one thread. */
export async function runOnnx(
  onnx: Uint8Array,
  input: ArrayLike<number>,
  dims: readonly number[],
): Promise<Record<string, { dims: readonly number[]; data: number[] }>> {
  const session = await InferenceSession.create(onnx, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const results = await session.run({
      [session.inputNames[0]!]: new Tensor('float32', Float32Array.from(input), dims),
    });
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { dims: tensor.dims, data: [...(tensor.data as Float32Array)] },
      ]),
    );
  } finally {
    await session.release();
  }
}

/** Largest absolute difference; infinite where the lengths differ. */
export const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
    : Number.POSITIVE_INFINITY;
