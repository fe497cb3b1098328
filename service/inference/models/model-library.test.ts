import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest, ModelEntry, ScorerEntry } from './manifest.ts';
import { describeDamage, type ModelLibrary, openModelLibrary, verifyModelFiles } from './model-library.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** ir_version 8 and an empty graph named by one byte. */
const onnx = (mark: number) => Uint8Array.of(0x08, 8, 0x3a, 3, 0x12, 1, mark);

/** A node of its graph has an attribute that holds the tensor "w", whose data are in another file. */
const weightsElsewhere = Uint8Array.of(
  ...[0x08, 8, 0x3a, 11, 0x0a, 9, 0x2a, 7, 0x2a, 5],
  ...[0x42, 1, 0x77, 0x70, 1],
);

const entry = (id: string, bytes: Uint8Array, origin: 'built' | 'imported'): ModelEntry => ({
  id,
  name: id,
  role: 'embedder',
  decoder: 'embedding',
  origin,
  file: `${id}.onnx`,
  sha256: sha256(bytes),
  sources: [],
  input: { size: [8, 8], layout: 'NCHW', colour: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1], batch: true },
  inputName: 'image',
  outputs: { embedding: 'embedding' },
  licence: 'Apache-2.0',
  provenance: 'made by this test',
  needsLicenceAcceptance: false,
  maturity: 'experimental',
  accuracy: [],
});

const scorer = (id: string, model: string): ScorerEntry => ({
  id,
  name: id,
  terms: [{ model, weight: 1, offset: 0 }],
  maturity: 'experimental',
  accuracy: [],
  calibration: { data: 'none', date: '2026-11-20', genuine: 0, impostors: 0, table: [], measuredDownTo: 1 },
});

let folder: string;
const paths = () => ({
  manifest: join(folder, 'own.json'),
  built: join(folder, 'built'),
  imported: join(folder, 'data'),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-library-'));
  const own: Manifest = {
    version: 1,
    models: [entry('ours', onnx(1), 'built')],
    importable: [entry('known', onnx(2), 'imported')],
    scorers: [scorer('a', 'ours')],
    padSets: [],
  };
  await writeFile(paths().manifest, JSON.stringify(own));
  await mkdir(paths().built);
  await writeFile(join(paths().built, 'ours.onnx'), onnx(1));
});
afterEach(() => rm(folder, { recursive: true }));

test('of models that are followed only those are used whose file would be taken as an import', async () => {
  const library = await openModelLibrary(paths());
  const files = { whole: onnx(7), elsewhere: weightsElsewhere, pickle: Uint8Array.of(0x80, 2, 0x8a) };
  const models = Object.entries(files).map(([id, bytes]) => entry(id, bytes, 'imported'));
  await library.follow({ models, scorers: [], padSets: [] }, async (sha) =>
    Object.values(files).find((bytes) => sha256(bytes) === sha),
  );
  expect(library.manifest().models.map(({ id }) => id)).toEqual(['ours', 'whole']);
  expect(library.damaged().map(({ id }) => id)).toEqual(['elsewhere', 'pickle']);
  expect((await readdir(paths().imported)).filter((file) => file.endsWith('.onnx'))).toEqual(['whole.onnx']);
});

test('an imported model is kept, survives a new start, and can be removed', async () => {
  const library = await openModelLibrary(paths());
  expect(library.importable().map(({ id }) => id)).toEqual(['known']);
  expect(library.catalog().files.map(({ entry: { id } }) => id)).toEqual(['ours']);
  await library.add(entry('theirs', onnx(3), 'imported'), onnx(3));
  const again = await openModelLibrary(paths());
  const file = `theirs-${sha256(onnx(3)).slice(0, 12)}.onnx`;
  expect(again.catalog().files).toEqual([
    { entry: entry('ours', onnx(1), 'built'), path: join(paths().built, 'ours.onnx') },
    { entry: { ...entry('theirs', onnx(3), 'imported'), file }, path: join(paths().imported, file) },
  ]);
  expect(again.manifest().models).toEqual(again.catalog().files.map((model) => model.entry));
  expect((await again.verify()).every(({ ok }) => ok)).toBe(true);
  await again.remove('theirs');
  expect(await readdir(paths().imported)).toEqual(['manifest.json']);
  expect((await openModelLibrary(paths())).catalog().files).toHaveLength(1);
});

test('replacing a model leaves one file; nothing temporary stays', async () => {
  const library = await openModelLibrary(paths());
  await Promise.all([
    library.add(entry('theirs', onnx(3), 'imported'), onnx(3)),
    library.add(entry('theirs', onnx(4), 'imported'), onnx(4)),
    library.add(entry('others', onnx(5), 'imported'), onnx(5)),
  ]);
  expect((await readdir(paths().imported)).sort()).toEqual(
    [
      'manifest.json',
      `others-${sha256(onnx(5)).slice(0, 12)}.onnx`,
      `theirs-${sha256(onnx(4)).slice(0, 12)}.onnx`,
    ].sort(),
  );
  expect((await library.verify()).map(({ id, ok }) => [id, ok])).toEqual([
    ['ours', true],
    ['theirs', true],
    ['others', true],
  ]);
});

test('a scorer that comes with a model stays and goes with it; the built-in ones are not replaced', async () => {
  const library = await openModelLibrary(paths());
  const sets = { scorers: [scorer('theirs-alone', 'theirs')], padSets: [] };
  await library.add(entry('theirs', onnx(3), 'imported'), onnx(3), sets);
  await library.add(entry('others', onnx(5), 'imported'), onnx(5));
  expect((await openModelLibrary(paths())).manifest().scorers).toEqual([
    scorer('a', 'ours'),
    ...sets.scorers,
  ]);
  await expect(
    library.add(entry('third', onnx(6), 'imported'), onnx(6), {
      scorers: [scorer('a', 'third')],
      padSets: [],
    }),
  ).rejects.toMatchObject({ code: 'CONFLICT' });
  await library.remove('theirs');
  expect(library.manifest().scorers).toEqual([scorer('a', 'ours')]);
  expect(library.catalog().files.map(({ entry: { id } }) => id)).toEqual(['ours', 'others']);
});

test('refuses what is not the pinned file, not ONNX, not an import, or ours', async () => {
  const library = await openModelLibrary(paths());
  const text = new TextEncoder().encode('not a model');
  const refusals: [ModelEntry, Uint8Array, string, RegExp][] = [
    [
      entry('theirs', onnx(3), 'imported'),
      onnx(4),
      'INVALID_REQUEST',
      /expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/,
    ],
    [entry('theirs', text, 'imported'), text, 'INVALID_REQUEST', /not an ONNX model/],
    [
      entry('theirs', weightsElsewhere, 'imported'),
      weightsElsewhere,
      'INVALID_REQUEST',
      /weights in another file \(the tensor "w"\).*one file/,
    ],
    [entry('theirs', onnx(3), 'built'), onnx(3), 'INVALID_REQUEST', /origin "imported"/],
    [entry('ours', onnx(3), 'imported'), onnx(3), 'CONFLICT', /built-in/],
    [{ ...entry('theirs', onnx(3), 'imported'), id: '../up' }, onnx(3), 'INVALID_REQUEST', /not valid/],
  ];
  for (const [model, bytes, code, message] of refusals) {
    await expect(library.add(model, bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  }
  await expect(library.remove('ours')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(library.remove('theirs')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(readdir(paths().imported)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the files can be checked while a damaged one of ours refuses the library', async () => {
  const checks = await verifyModelFiles(paths());
  expect(checks.map(({ ok }) => ok)).toEqual(checks.map(() => true));
  const [first] = checks;
  await writeFile(first!.file, 'changed');
  await expect(openModelLibrary(paths())).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  expect(await verifyModelFiles(paths())).toEqual([
    { ...first, ok: false, found: sha256(new TextEncoder().encode('changed')) },
    ...checks.slice(1),
  ]);
});

test('what an earlier release imported and comes with Gatehouse now is removed, whole or damaged', async () => {
  const earlier = await openModelLibrary(paths());
  const own = { scorers: [scorer('own', 'theirs')], padSets: [] };
  await earlier.add(entry('theirs', onnx(3), 'imported'), onnx(3), own);
  await earlier.add(entry('pad', onnx(5), 'imported'), onnx(5));
  await earlier.add(entry('damaged', onnx(6), 'imported'), onnx(6));
  const imported = JSON.parse(await readFile(join(paths().imported, 'manifest.json'), 'utf8')) as Manifest;
  await rm(join(paths().imported, imported.models.find(({ id }) => id === 'damaged')!.file));
  const built = [entry('ours', onnx(1), 'built'), entry('pad', onnx(5), 'built')];
  built.push(entry('damaged', onnx(6), 'built'));
  for (const [mark, { file }] of [1, 5, 6].map((mark, i) => [mark, built[i]!] as const))
    await writeFile(join(paths().built, file), onnx(mark));
  const manifest = JSON.parse(await readFile(paths().manifest, 'utf8')) as Manifest;
  await writeFile(paths().manifest, JSON.stringify({ ...manifest, models: built }));

  const library = await openModelLibrary(paths());
  expect(library.damaged()).toEqual([]);
  expect(library.manifest().models.map(({ id, origin }) => [id, origin])).toEqual([
    ['ours', 'built'],
    ['pad', 'built'],
    ['damaged', 'built'],
    ['theirs', 'imported'],
  ]);
  expect(library.manifest().scorers.map(({ id }) => id)).toEqual(['a', 'own']);
  expect(await readdir(paths().imported)).toEqual([
    'manifest.json',
    `theirs-${sha256(onnx(3)).slice(0, 12)}.onnx`,
  ]);
});

test('a changed or missing file of ours stops the start and says what to do', async () => {
  const ours = join(paths().built, 'ours.onnx');
  await writeFile(ours, onnx(9));
  await expect(openModelLibrary(paths())).rejects.toThrow(
    `${ours} differs from its manifest: expected SHA-256 ${sha256(onnx(1))}, found ${sha256(onnx(9))}. Install Gatehouse again; in a checkout run "npm run models".`,
  );
  await rm(ours);
  await expect(openModelLibrary(paths())).rejects.toThrow(`${ours} is missing. Install Gatehouse again`);
});

test.each(['changed', 'missing'])(
  'a %s import is left out by name, until it is imported again or removed',
  async (how) => {
    const library = await openModelLibrary(paths());
    await library.add(entry('theirs', onnx(3), 'imported'), onnx(3));
    const [name] = (await readdir(paths().imported)).filter((file) => file.endsWith('.onnx'));
    const file = join(paths().imported, name!);
    if (how === 'changed') await writeFile(file, onnx(9));
    else await rm(file);

    const again = await openModelLibrary(paths());
    const damage = {
      id: 'theirs',
      file,
      ok: false,
      expected: sha256(onnx(3)),
      ...(how === 'changed' ? { found: sha256(onnx(9)) } : {}),
    };
    expect(again.damaged()).toEqual([damage]);
    expect(describeDamage(damage)).toContain(file);
    expect(await again.verify()).toContainEqual(damage);
    expect(again.manifest().models.map(({ id }) => id)).toEqual(['ours']);
    expect(again.catalog().files.map((one) => one.entry.id)).toEqual(['ours']);

    await again.add(entry('theirs', onnx(3), 'imported'), onnx(3));
    expect([again.damaged(), again.manifest().models.length]).toEqual([[], 2]);
    await writeFile(file, onnx(9));
    const third = await openModelLibrary(paths());
    await third.remove('theirs');
    expect([third.damaged(), third.manifest().models.length]).toEqual([[], 1]);
    expect((await openModelLibrary(paths())).damaged()).toEqual([]);
  },
);

describe('a fetched model', () => {
  const fetchedFolder = () => join(folder, 'fetched');
  const withFetched = () => ({ ...paths(), fetched: fetchedFolder() });
  const fetchedFile = () => join(fetchedFolder(), 'known.onnx');
  const ids = (library: ModelLibrary) => library.manifest().models.map(({ id, origin }) => [id, origin]);
  const fetchIt = async (bytes = onnx(2)) => {
    await mkdir(fetchedFolder(), { recursive: true });
    await writeFile(fetchedFile(), bytes);
  };

  test('is not installed where its file is not there, which is no damage', async () => {
    const library = await openModelLibrary(withFetched());
    expect([ids(library), library.damaged()]).toEqual([[['ours', 'built']], []]);
    expect((await library.verify()).map(({ id, ok }) => [id, ok])).toEqual([['ours', true]]);
    expect((await verifyModelFiles(withFetched())).map(({ id }) => id)).toEqual(['ours']);
    expect(library.importable().map(({ id }) => id)).toEqual(['known']);
  });

  test('is installed where its file is there, as if it came with Gatehouse', async () => {
    await fetchIt();
    const library = await openModelLibrary(withFetched());
    expect(library.catalog().files[1]).toEqual({
      entry: entry('known', onnx(2), 'built'),
      path: fetchedFile(),
    });
    expect((await library.verify()).map(({ id, ok }) => [id, ok])).toEqual([
      ['ours', true],
      ['known', true],
    ]);
    await expect(library.remove('known')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readdir(fetchedFolder())).toEqual(['known.onnx']);
  });

  test('gives its place to an imported one of its id, and takes it back', async () => {
    const library = await openModelLibrary(withFetched());
    await library.add(entry('known', onnx(2), 'imported'), onnx(2));
    // The installation fetched it later.
    await fetchIt();
    const again = await openModelLibrary(withFetched());
    expect(ids(again)).toEqual([
      ['ours', 'built'],
      ['known', 'imported'],
    ]);
    await again.remove('known');
    expect(ids(again)).toEqual([
      ['ours', 'built'],
      ['known', 'built'],
    ]);
  });

  test('is left out where its file was changed, until it is imported or fetched again', async () => {
    await fetchIt(onnx(9));
    const library = await openModelLibrary(withFetched());
    const damage = {
      id: 'known',
      file: fetchedFile(),
      ok: false,
      expected: sha256(onnx(2)),
      found: sha256(onnx(9)),
    };
    expect([ids(library), library.damaged()]).toEqual([[['ours', 'built']], [damage]]);
    expect(await library.verify()).toContainEqual(damage);
    await library.add(entry('known', onnx(2), 'imported'), onnx(2));
    expect([ids(library).length, library.damaged()]).toEqual([2, []]);
    await library.remove('known');
    expect([ids(library), library.damaged()]).toEqual([[['ours', 'built']], [damage]]);
    await fetchIt();
    expect(ids(await openModelLibrary(withFetched()))).toHaveLength(2);
  });
});

test('what comes with a model must fit the manifest', async () => {
  const library = await openModelLibrary(paths());
  const sets = { scorers: [{ ...scorer('own', 'theirs'), calibration: {} }], padSets: [] };
  await expect(
    library.add(entry('theirs', onnx(3), 'imported'), onnx(3), sets as never),
  ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(library.manifest().models.map(({ id }) => id)).toEqual(['ours']);
});

test('a manifest that leads out of its folder, or is none, stops the start', async () => {
  const library = await openModelLibrary(paths());
  await library.add(entry('theirs', onnx(3), 'imported'), onnx(3));
  const path = join(paths().imported, 'manifest.json');
  const kept = await readFile(path, 'utf8');
  for (const file of [
    '../own.json',
    '/etc/passwd',
    'a/b.onnx',
    '.hidden.onnx',
    'x.onnx\u0000',
    'model.bin',
  ]) {
    const manifest = JSON.parse(kept) as Manifest;
    manifest.models[0]!.file = file;
    await writeFile(path, JSON.stringify(manifest));
    await expect(openModelLibrary(paths())).rejects.toThrow(/plain name/);
  }
  await writeFile(path, '{');
  const remedy = 'Remove the file, start, and import the models again';
  await expect(openModelLibrary(paths())).rejects.toThrow(`${path} is not JSON. ${remedy}`);
  await writeFile(path, '{"version":2}');
  await expect(openModelLibrary(paths())).rejects.toThrow(
    new RegExp(`not a valid model manifest: version: .*${remedy}`),
  );
  await rm(path);
  const again = await openModelLibrary(paths());
  await again.add(entry('theirs', onnx(3), 'imported'), onnx(3));
  expect(again.catalog().files.map((file) => file.entry.id)).toContain('theirs');
  await writeFile(paths().manifest, '{');
  await expect(openModelLibrary(paths())).rejects.toThrow('is not JSON. Install Gatehouse again');
});
