import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Engine,
  modelEntry,
  operator,
  padPair,
  scorerR,
  sha256,
  startEngine,
} from '../../../../test/support/engine.ts';
import { direction } from '../../../../test/support/faces.ts';
import { Problem } from '../../../lib/problem.ts';
import { createModelChanges, livenessOf, type ModelChanges, type ReadModel } from './model-changes.ts';

let engine: Engine;
let changes: ModelChanges;
let read: ReadModel;
let tried: unknown[];
beforeEach(async () => {
  engine = await startEngine();
  tried = [];
  changes = createModelChanges({
    ...engine,
    profiles: engine.profiles,
    async readImport({ name, entry }) {
      tried.push({ name, entry });
      if (name === 'broken.onnx') throw new Problem('INVALID_REQUEST', 'It ended the process that tried it.');
      return read;
    },
  });
});
afterEach(() => engine.stop());

const bytes = (text: string) => new TextEncoder().encode(text);
const enroll = (name: string) =>
  engine.subjects.enroll(
    { organization: engine.organization, world: 'live' },
    { email: `${name}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 1 },
    operator,
  );
const ofPad = (id: string): ReadModel => ({
  onnx: bytes(id),
  entry: modelEntry(id, 'pad', { origin: 'imported' }),
  scorers: [],
  padSets: [],
});
/** Another model for faces, alone in a scorer of its own. */
const other = (): ReadModel => ({
  onnx: bytes('other-net'),
  entry: modelEntry('other-net', 'embedder', { origin: 'imported' }),
  scorers: [{ ...scorerR, id: 'other', terms: [{ model: 'other-net', weight: 1, offset: 0 }] }],
  padSets: [],
});

test('files that were looked at are tried together, then imported; until then nothing is changed', async () => {
  const staged: string[] = [];
  for (const id of ['pad-1', 'pad-2']) {
    read = ofPad(id);
    staged.push((await changes.stage({ name: `${id}.pth`, bytes: bytes(id) })).id);
  }
  const run = await changes.dryRun(staged.map((id) => ({ change: 'import', staged: id })));
  expect(run).toMatchObject({
    refusals: [],
    padSets: { before: [], after: ['pad-pair', 'minifasnet-v2'] },
    people: { enrolled: 0, recognizable: { before: 0, after: 0 } },
  });
  expect(run.profiles.find(({ profile, world }) => profile === 'strict-finance' && world === 'live')).toEqual(
    {
      profile: 'strict-finance',
      name: 'Strict finance',
      world: 'live',
      organizations: ['Acme'],
      before: { is: 'refused', code: 'PAD_NOT_INSTALLED', message: expect.any(String) },
      after: {
        is: 'runs',
        detector: 'blazeface',
        scorer: 'r',
        extrapolated: false,
        threshold: expect.closeTo(0.8),
        refused: expect.closeTo(0.15),
        falseMatchRate: 1e-4,
        holdsFor: 'average',
        liveness: { set: 'pad-pair', threshold: 0.96, apcer: 0.05, bpcer: 0.1 },
      },
    },
  );
  expect(engine.models.current().padSets).toEqual([]);
  for (const id of staged) await changes.importStaged(id, operator);
  expect(engine.models.current().padSets.map(({ id }) => id)).toEqual(['pad-pair', 'minifasnet-v2']);
  await expect(changes.importStaged(staged[0]!, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a profile whose liveness score of 0.5 is that of the live score has its own point of the set', () => {
  const half = { score: 0.9, apcer: 0.08, bpcer: 0.06 };
  const set = { ...padPair, thresholds: { ...padPair.thresholds, half } };
  expect(livenessOf(set, 'live')).toEqual({ set: 'pad-pair', threshold: 0.9, apcer: 0.08, bpcer: 0.06 });
  expect(livenessOf(set, undefined).threshold).toBe(0.96);
  expect(livenessOf(padPair, 'live').threshold).toBe(0.96);
});

test('who could not be recognized by another model is counted', async () => {
  for (const name of ['ada', 'bob']) await enroll(name);
  read = other();
  await changes.importStaged((await changes.stage({ name: 'o.onnx', bytes: bytes('o') })).id, operator);
  expect(await changes.dryRun([{ change: 'disable', id: 'a-net' }])).toMatchObject({
    refusals: [],
    galleries: { before: ['a-net', 'other-net'], after: ['other-net'], loadedAnew: true },
    people: { enrolled: 2, recognizable: { before: 2, after: 0 } },
  });
  expect(engine.models.current().galleries).toEqual(['a-net', 'other-net']);
});

test('what is refused as things are is said, with what it would do', async () => {
  await enroll('ada');
  const run = await changes.dryRun([{ change: 'enable', id: 'b-net', acceptLicenceDoubt: false }]);
  expect(run).toMatchObject({
    refusals: [{ code: 'LICENCE_NOT_ACCEPTED' }],
    doubts: [{ id: 'b-net' }],
    scorers: { before: ['r'], after: ['r', 'rm'] },
    people: { recognizable: { before: 1, after: 1 }, byBestScorer: { before: 1, after: 0 } },
  });
  const accepted = await changes.dryRun([{ change: 'enable', id: 'b-net', acceptLicenceDoubt: true }]);
  expect([accepted.refusals, accepted.doubts.length]).toEqual([[], 1]);
  expect((await changes.dryRun([{ change: 'disable', id: 'a-net' }])).refusals).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('every embedding model') },
  ]);
  expect((await changes.dryRun([{ change: 'remove', id: 'a-net' }])).refusals).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('built-in') },
  ]);
  await expect(changes.dryRun([{ change: 'disable', id: 'nothing' }])).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a file that was looked at waits 15 minutes; of more than eight the oldest goes', async () => {
  read = ofPad('pad-1');
  const { id } = await changes.stage({ name: 'one.pth', bytes: bytes('1') });
  engine.advance(15 * 60_000);
  await expect(changes.importStaged(id, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const ids: string[] = [];
  for (let i = 0; i < 9; i++) ids.push((await changes.stage({ name: `${i}`, bytes: bytes('1') })).id);
  await expect(changes.dryRun([{ change: 'import', staged: ids[0]! }])).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await changes.dryRun([{ change: 'import', staged: ids[1]! }])).refusals).toEqual([]);
});

test('the same hash is needed for what a template counts as', async () => {
  await enroll('ada');
  expect(await engine.subjects.countComparable({ 'a-net': sha256('a-net') })).toBe(1);
  expect(await engine.subjects.countComparable({ 'a-net': sha256('another file') })).toBe(0);
  expect(await engine.subjects.countComparable({})).toBe(0);
});

test('a model whose file was not looked at is tried apart before it is installed, unless its hash is known', async () => {
  const broken = { ...other(), entry: modelEntry('broken', 'embedder', { origin: 'imported' }) };
  await expect(changes.import({ ...broken, scorers: [], padSets: [] }, operator)).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: 'It ended the process that tried it.',
  });
  await changes.import({ ...ofPad('pad-1'), scorers: [], padSets: [] }, operator);
  expect(tried).toMatchObject([{ name: 'broken.onnx', entry: { model: { id: 'broken' }, scorers: [] } }]);
  expect(tried).not.toHaveProperty('0.entry.model.sha256');
  const installed = (await engine.models.list()).map(({ id }) => id);
  expect([installed.includes('broken'), installed.includes('pad-1')]).toEqual([false, true]);
});
