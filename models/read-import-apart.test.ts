import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Manifest } from '../service/inference/models/manifest.ts';
import { createGraphBuilder, floats, integers } from './onnx/graph-builder.ts';
import { readImportApart } from './read-import-apart.ts';
import { sha256 } from './sha256.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));

/** Three numbers: the means of the colors; `huge`: plus nothing, by way of so many numbers. */
function embedder(huge = 0): Uint8Array {
  const graph = createGraphBuilder('embedder');
  const means = graph.node('Flatten', [
    graph.node('GlobalAveragePool', [graph.input('data', ['N', 3, 8, 8])]),
  ]);
  const offset = graph.constant(floats([1, 2, 3]));
  if (huge > 0) {
    // Of the picture, so that no optimizer knows it before.
    const first = graph.node('ReduceMean', [means], { keepdims: 0 });
    const many = graph.node('Expand', [first, graph.constant(integers([huge]))]);
    const nothing = graph.node('Mul', [
      graph.node('ReduceMean', [graph.node('Exp', [graph.node('Sin', [many])])], { keepdims: 0 }),
      graph.constant(floats([0])),
    ]);
    graph.node('Add', [graph.node('Add', [means, offset]), nothing], {}, 'out');
  } else graph.node('Add', [means, offset], {}, 'out');
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

// Elsewhere the memory of a process is not looked at.
test.skipIf(process.platform !== 'linux')(
  'a file of some bytes that asks for much memory is refused, and the one that does not is read',
  async () => {
    const memory = 512 * 1024 * 1024;
    const own = (bytes: Uint8Array) =>
      readImportApart({ name: 'own.onnx', bytes, entry }, manifest, { memory });
    const bomb = embedder(400_000_000);
    expect(bomb.byteLength).toBeLessThan(1000);
    await expect(own(bomb)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('of memory: the model is too large'),
    });
    expect(await own(embedder())).toMatchObject({ entry: { id: 'our-embedder' } });
  },
);
