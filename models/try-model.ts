import type { Tensor as OrtTensor } from 'onnxruntime-node';
import type { ModelEntry } from '../service/inference/models/manifest.ts';
import { InferenceSession, Tensor } from '../service/inference/models/onnx-runtime.ts';

/** Pictures with nothing in common: stripes down, stripes across, a gradient; pixel values 0..255. */
const patterns = [
  (x: number) => (x % 16 < 8 ? 20 : 235),
  (_x: number, y: number) => (y % 10 < 5 ? 235 : 60),
  (x: number, y: number) => (x + 2 * y) % 256,
];

function picture(
  { size: [width, height], layout, mean, scale }: ModelEntry['input'],
  pattern: (typeof patterns)[number],
): OrtTensor {
  const data = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const at = layout === 'NCHW' ? (c * height + y) * width + x : (y * width + x) * 3 + c;
        data[at] = (pattern(x, y) - mean[c]!) / scale[c]!;
      }
    }
  }
  return new Tensor('float32', data, layout === 'NCHW' ? [1, 3, height, width] : [1, height, width, 3]);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * Runs a model once on each of three patterns. Throws Error when it does not load or run, when an output is not finite, has another length
 * than the entry says, or does not depend on the picture.
 */
export async function tryModel(onnx: Uint8Array, entry: ModelEntry): Promise<void> {
  const session = await InferenceSession.create(onnx, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const runs: Record<string, Float32Array>[] = [];
    for (const pattern of patterns) {
      const results = await session.run(
        { [entry.inputName]: picture(entry.input, pattern) },
        Object.values(entry.outputs),
      );
      const values = Object.entries(entry.outputs).map(([key, name]) => [key, results[name]!.data] as const);
      for (const [key, data] of values) {
        if (!(data instanceof Float32Array) || !data.every(Number.isFinite))
          throw new Error(`The output ${key} is not made of finite floats.`);
      }
      runs.push(Object.fromEntries(values) as Record<string, Float32Array>);
    }
    const [first, ...others] = runs;
    if (entry.role === 'embedder') {
      const embedding = first!.embedding!;
      if (embedding.length !== entry.dimensions) {
        throw new Error(
          `The embedding has ${embedding.length} dimensions, the entry says ${entry.dimensions}.`,
        );
      }
      if (others.every((run) => !(cosine(embedding, run.embedding!) < 0.9999))) {
        throw new Error('The embedding is the same for every picture: the file is broken.');
      }
    }
    const answers = Object.keys(entry.outputs);
    const deaf = others.every((run) =>
      answers.every((key) => first![key]!.every((value, i) => value === run[key]![i])),
    );
    if (deaf) throw new Error('The outputs are the same for every picture: the file is broken.');
  } finally {
    await session.release();
  }
}
