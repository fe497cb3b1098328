import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
import { type BuildOptions, buildModels } from './build-models.ts';
import { sha256 } from './sha256.ts';

const source = new TextEncoder().encode('weights');
const converted = new TextEncoder().encode('weights as ONNX');
const imported = new TextEncoder().encode('imported weights');

const entry = (id: string, bytes: Uint8Array, output: Uint8Array): ModelEntry => ({
  id,
  name: id,
  role: 'iris',
  decoder: 'iris',
  origin: 'built',
  file: `${id}.onnx`,
  sha256: sha256(output),
  sources: [{ file: 'model/w.bin', sha256: sha256(bytes), package: '@scope/weights@1.2.3' }],
  input: { size: [64, 64], layout: 'NCHW', colour: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1], batch: true },
  inputName: 'image',
  outputs: { contour: 'contour' },
  licence: 'MIT',
  provenance: 'a test',
  needsLicenceAcceptance: false,
  maturity: 'experimental',
  accuracy: [],
});

let folder: string;
let options: BuildOptions;
let conversions: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-models-'));
  await mkdir(join(folder, 'packages/@scope/weights/model'), { recursive: true });
  await writeFile(join(folder, 'packages/@scope/weights/model/w.bin'), source);
  conversions = 0;
  options = {
    manifest: join(folder, 'manifest.json'),
    built: join(folder, 'built'),
    packages: join(folder, 'packages'),
    recipes: {
      mine: ([bytes]) => {
        conversions++;
        return new TextEncoder().encode(`${new TextDecoder().decode(bytes)} as ONNX`);
      },
      other: ([bytes]) => bytes!,
    },
    repin: false,
    bundled: join(folder, 'bundled'),
    originals: [],
  };
  await writeManifest([entry('mine', source, converted)]);
});

afterEach(() => rm(folder, { recursive: true }));

const writeManifest = (models: ModelEntry[]) =>
  writeFile(
    options.manifest,
    JSON.stringify({
      version: 1,
      models,
      importable: [{ ...entry('other', imported, source), origin: 'imported' }],
      scorers: [],
      padSets: [],
    }),
  );

describe('buildModels', () => {
  test('builds what is missing, once, and leaves nothing else behind', async () => {
    expect(await buildModels(options)).toEqual({ built: ['mine'], kept: [] });
    expect(await buildModels(options)).toEqual({ built: [], kept: ['mine'] });
    expect(conversions).toBe(1);
    expect(await readdir(options.built)).toEqual(['mine.onnx']);
    expect(new Uint8Array(await readFile(join(options.built, 'mine.onnx')))).toEqual(converted);
  });

  test('builds again over a file that was changed', async () => {
    await buildModels(options);
    await writeFile(join(options.built, 'mine.onnx'), 'half of it');
    expect(await buildModels(options)).toEqual({ built: ['mine'], kept: [] });
    expect(new Uint8Array(await readFile(join(options.built, 'mine.onnx')))).toEqual(converted);
  });

  test('keeps a built model whose sources are gone', async () => {
    await buildModels(options);
    await rm(options.packages, { recursive: true });
    expect(await buildModels(options)).toEqual({ built: [], kept: ['mine'] });
  });

  test('refuses a source that is missing, and one that differs', async () => {
    const path = join(options.packages, '@scope/weights/model/w.bin');
    await writeFile(path, 'other weights');
    await expect(buildModels(options)).rejects.toThrow(`${path} is not the file that was pinned`);
    await rm(path);
    await expect(buildModels(options)).rejects.toThrow(`${path} is missing: run "npm install"`);
    expect(await readdir(options.built)).toEqual([]);
  });

  test('refuses to write what differs from the pin', async () => {
    await writeManifest([entry('mine', source, source)]);
    await expect(buildModels(options)).rejects.toThrow(
      `mine.onnx came out with SHA-256 ${sha256(converted)}`,
    );
    expect(await readdir(options.built)).toEqual([]);
  });

  test('pins what it built, and what the given originals convert to, with repin', async () => {
    await writeManifest([entry('mine', source, source)]);
    await writeFile(join(folder, 'import.pth'), imported);
    expect(await buildModels({ ...options, repin: true, originals: [join(folder, 'import.pth')] })).toEqual({
      built: ['mine'],
      kept: [],
    });
    const { models, importable } = Manifest.parse(JSON.parse(await readFile(options.manifest, 'utf8')));
    expect([...models, ...importable!].map((model) => model.sha256)).toEqual([
      sha256(converted),
      sha256(imported),
    ]);
    expect(await buildModels(options)).toEqual({ built: [], kept: ['mine'] });
  });

  test('takes a model without an npm package from the bundled folder, and writes it there from its originals', async () => {
    const bundled = {
      ...entry('mine', source, converted),
      sources: [{ file: 'w.bin', sha256: sha256(source) }],
    };
    await writeManifest([bundled]);
    const path = join(options.bundled, 'mine.onnx');
    await expect(buildModels(options)).rejects.toThrow(`${path} is missing: check the file out again`);
    await mkdir(options.bundled);
    await writeFile(path, 'changed');
    // No converter made it, so that a new pin would only hide the damage.
    for (const repin of [false, true])
      await expect(buildModels({ ...options, repin })).rejects.toThrow(
        `${path} has SHA-256 ${sha256(Buffer.from('changed'))}, the manifest pins ${sha256(converted)}: check the file out again`,
      );
    await writeFile(join(folder, 'w.bin'), source);
    await buildModels({ ...options, repin: true, originals: [join(folder, 'w.bin')] });
    expect(new Uint8Array(await readFile(path))).toEqual(converted);
    expect(await buildModels(options)).toEqual({ built: [], kept: ['mine'] });
  });

  test('removes what is no longer part of Gatehouse', async () => {
    await buildModels(options);
    await writeFile(join(options.built, 'former.onnx'), 'weights');
    await writeFile(join(options.built, 'notes.txt'), 'kept');
    await buildModels(options);
    expect((await readdir(options.built)).sort()).toEqual(['mine.onnx', 'notes.txt']);
  });

  test('pins nothing for an original it does not know', async () => {
    const before = await readFile(options.manifest);
    await writeFile(join(folder, 'strange'), 'strange');
    await expect(
      buildModels({ ...options, repin: true, originals: [join(folder, 'strange')] }),
    ).rejects.toThrow('which no model of the manifest names');
    expect(await readFile(options.manifest)).toEqual(before);
  });
});
