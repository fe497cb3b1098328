import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Manifest } from '../service/inference/models/manifest.ts';
import { createNoise } from '../test/support/naive-network.ts';
import { farthest, runOnnx } from '../test/support/run-onnx.ts';
import { sha256 } from './sha256.ts';
import { tryModel } from './try-model.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));
const entry = manifest.importable!.find(({ id }) => id === 'mobilefacenet')!;
const file = join(import.meta.dirname, 'fetched', entry.file);

/** Length of the vector, and its projections on four vectors of noise. */
function fingerprint(values: readonly number[]): number[] {
  const noise = createNoise(11);
  const sums = [0, 0, 0, 0];
  for (const x of values) for (let k = 0; k < sums.length; k++) sums[k]! += x * noise();
  return [Math.hypot(...values), ...sums];
}

describe.skipIf(!existsSync(file))('mobilefacenet (where npm fetched it)', () => {
  const onnx = () => readFileSync(file);
  const side = 112;
  const plane = side * side;
  /** Noise between -1 and 1, drawn with the channels last. */
  const noisyPlanes = () => {
    const noise = createNoise(7);
    const planes = new Float32Array(3 * plane);
    for (let i = 0; i < planes.length; i++) planes[(i % 3) * plane + Math.floor(i / 3)] = noise();
    return planes;
  };

  test('is the pinned conversion, and runs as its manifest entry says', async () => {
    expect(sha256(onnx())).toBe(entry.sha256);
    await tryModel(onnx(), entry);
  });

  test('answers what TensorFlow Lite answers', async () => {
    // Of the package @tensorflow/tfjs-tflite 0.0.1-alpha.10 (XNNPACK), from the TFLite file.
    const reference = [28.383104, 9.769278, 7.820607, -2.197231, 13.050717];
    const { embedding } = await runOnnx(onnx(), noisyPlanes(), [1, 3, side, side]);
    expect(farthest(fingerprint(embedding!.data), reference)).toBeLessThan(1e-5 * reference[0]!);
  });

  test('gives for two pictures at once what it gives for each', async () => {
    const first = noisyPlanes();
    const second = first.map((x) => 0.5 * x + 0.2);
    const both = await runOnnx(onnx(), [...first, ...second], [2, 3, side, side]);
    const apart = [
      await runOnnx(onnx(), first, [1, 3, side, side]),
      await runOnnx(onnx(), second, [1, 3, side, side]),
    ];
    expect(both.embedding!.dims).toEqual([2, entry.dimensions]);
    const expected = apart.flatMap(({ embedding }) => embedding!.data);
    expect(farthest(both.embedding!.data, expected)).toBeLessThan(1e-4);
  });
});
