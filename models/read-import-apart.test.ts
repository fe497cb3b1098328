import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Manifest } from '../service/inference/models/manifest.ts';
import { createGraphBuilder, floats } from './onnx/graph-builder.ts';
import { readImportApart } from './read-import-apart.ts';
import { sha256 } from './sha256.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));

/** Three numbers: the means of the colors. */
function embedder(): Uint8Array {
  const graph = createGraphBuilder('embedder');
  const means = graph.node('Flatten', [
    graph.node('GlobalAveragePool', [graph.input('data', ['N', 3, 8, 8])]),
  ]);
  graph.node('Add', [means, graph.constant(floats([1, 2, 3]))], {}, 'out');
  graph.output('out', ['N', 3]);
  return graph.finish();
}

const entry = {
  model: {
    id: 'our-embedder',
    name: 'Our embedder',
    role: 'embedder',
    decoder: 'embedding',
    input: { size: [8, 8], layout: 'NCHW', colour: 'RGB', mean: [100, 50, 0], scale: [1, 2, 4], batch: true },
    inputName: 'data',
    outputs: { embedding: 'out' },
    dimensions: 3,
    alignment: {
      landmarks: [33, 263],
      template: [
        [0.2, 0.3],
        [0.8, 0.3],
      ],
      padding: 0,
      mirror: false,
    },
    licence: 'ours',
    provenance: 'ours',
    needsLicenceAcceptance: false,
    maturity: 'experimental',
    accuracy: [],
  },
};

test('a file is read in a process that sees no secret of the environment; what it says is passed on', async () => {
  const bytes = embedder();
  const read = await readImportApart({ name: 'own.onnx', bytes, entry }, manifest, {
    env: { PATH: process.env.PATH, NODE_OPTIONS: '--this-option-does-not-exist' },
  });
  expect(read).toMatchObject({ entry: { id: 'our-embedder', sha256: sha256(bytes), origin: 'imported' } });
  expect(Buffer.from(read.onnx).equals(bytes)).toBe(true);
  await expect(
    readImportApart({ name: 'w.pth', bytes: Buffer.from([0x80, 2, 1]) }, manifest),
  ).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining('w.pth holds torch weights'),
  });
});

test('a file that takes too long is refused', async () => {
  await expect(
    readImportApart({ name: 'own.onnx', bytes: embedder(), entry }, manifest, { longest: 1 }),
  ).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('own.onnx') });
});
