import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelEntry } from '../service/inference/models/manifest.ts';
import { npmTarball } from '../test/support/npm-tarball.ts';
import { type BuildFetchedOptions, buildFetched, describeMissing } from './build-fetched.ts';
import { integrityOf } from './npm/tarball.ts';
import { sha256 } from './sha256.ts';

const text = (value: string) => new TextEncoder().encode(value);
const weights = text('weights');
const converted = text('weights as ONNX');
const tarball = npmTarball([{ name: 'package/model/w.tflite', bytes: weights }]);

const entry: ModelEntry = {
  id: 'fetched',
  name: 'Fetched',
  role: 'iris',
  decoder: 'iris',
  origin: 'imported',
  file: 'fetched.onnx',
  sha256: sha256(converted),
  sources: [
    {
      file: 'model/w.tflite',
      sha256: sha256(weights),
      package: 'weights@1.2.3',
      integrity: integrityOf(tarball),
    },
  ],
  input: { size: [64, 64], layout: 'NCHW', colour: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1], batch: true },
  inputName: 'image',
  outputs: { contour: 'contour' },
  licence: 'MIT',
  provenance: 'a test',
  needsLicenceAcceptance: true,
  maturity: 'experimental',
  accuracy: [],
};
/** One that only an administrator brings. */
const broughtBy: ModelEntry = {
  ...entry,
  id: 'brought',
  file: 'brought.onnx',
  sources: [{ file: 'w.pth', sha256: sha256(weights) }],
};

let folder: string;
let options: BuildFetchedOptions;
let asked: string[];
let answer: Uint8Array | Error;

const writeManifest = (importable: ModelEntry[]) =>
  writeFile(
    options.manifest,
    JSON.stringify({ version: 1, models: [], importable, scorers: [], padSets: [] }),
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-fetched-'));
  asked = [];
  answer = tarball;
  options = {
    manifest: join(folder, 'manifest.json'),
    fetched: join(folder, 'fetched'),
    recipes: { fetched: ([bytes]) => text(`${new TextDecoder().decode(bytes)} as ONNX`) },
    async fetchPackage(spec) {
      asked.push(spec);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  await writeManifest([broughtBy, entry]);
});
afterEach(() => rm(folder, { recursive: true }));

const built = () => join(options.fetched, 'fetched.onnx');

test('what a package holds is converted once; a kept file fetches nothing', async () => {
  expect(await buildFetched(options)).toEqual({ built: ['fetched'], kept: [], missing: [] });
  expect(new Uint8Array(await readFile(built()))).toEqual(converted);
  expect(await buildFetched(options)).toEqual({ built: [], kept: ['fetched'], missing: [] });
  expect([asked, await readdir(options.fetched)]).toEqual([['weights@1.2.3'], ['fetched.onnx']]);
});

test('without a network the installation goes on, and says what is missing', async () => {
  answer = new Error('npm says ENOTFOUND');
  const { missing, ...rest } = await buildFetched(options);
  expect([missing, rest]).toEqual([[{ id: 'fetched', why: 'npm says ENOTFOUND' }], { built: [], kept: [] }]);
  expect(describeMissing(missing[0]!)).toBe(
    'fetched is not installed, because npm says ENOTFOUND. Gatehouse works without it; to try again: npm run models',
  );
  expect(await readdir(folder)).toEqual(['manifest.json']);
});

test.each<[string, Uint8Array, string]>([
  [
    'another package',
    npmTarball([{ name: 'package/model/w.tflite', bytes: text('others') }]),
    'not the one that was pinned',
  ],
  [
    'an answer that is no package',
    text('<html>Sign in to the network</html>'),
    'not the one that was pinned',
  ],
])('%s is not used', async (_, bytes, why) => {
  answer = bytes;
  const { built: made, missing } = await buildFetched(options);
  expect([made, missing]).toEqual([[], [{ id: 'fetched', why: expect.stringContaining(why) }]]);
});

test('a package that is the pinned one without the pinned file is not used', async () => {
  const [source] = entry.sources;
  await writeManifest([{ ...entry, sources: [{ ...source!, sha256: sha256(converted) }] }]);
  const { missing } = await buildFetched(options);
  expect(missing[0]!.why).toBe(
    `model/w.tflite of weights@1.2.3 has SHA-256 ${sha256(weights)}, expected ${sha256(converted)}`,
  );
});

test('a damaged file is built again; where that is not possible it is taken away', async () => {
  await mkdir(options.fetched);
  await writeFile(built(), 'half of it');
  expect(await buildFetched(options)).toMatchObject({ built: ['fetched'] });
  expect(new Uint8Array(await readFile(built()))).toEqual(converted);
  await writeFile(built(), 'half of it');
  answer = new Error('npm says ENOTFOUND');
  expect(await buildFetched(options)).toMatchObject({ missing: [{ id: 'fetched' }] });
  expect(await readdir(options.fetched)).toEqual([]);
});

test('a conversion that comes out differently is refused', async () => {
  await writeManifest([{ ...entry, sha256: sha256(weights) }]);
  await expect(buildFetched(options)).rejects.toThrow(
    `fetched.onnx came out with SHA-256 ${sha256(converted)}, the manifest pins ${sha256(weights)}`,
  );
  await expect(readdir(options.fetched)).rejects.toMatchObject({ code: 'ENOENT' });
});
