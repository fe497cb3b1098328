import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGraphBuilder } from '../../models/onnx/graph-builder.ts';
import { OwnModel } from '../../models/own-model.ts';
import { openModelLibrary } from '../../service/inference/models/model-library.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { addNet, entryFileOf } from './added-net.ts';
import type { PadReport } from './pad.ts';
import {
  pointAt,
  pointForAllAttacks,
  pointForEverySpecies,
  pointOnHeldOutPeople,
  separation,
} from './presentation-rates.ts';
import { writeOwnPadSet } from './write-pad-thresholds.ts';

let folder: string;
let file: string;

/** Takes bright pictures for live. */
function brightness(): Uint8Array {
  const graph = createGraphBuilder('brightness');
  const means = graph.node('Flatten', [
    graph.node('GlobalAveragePool', [graph.input('image', [1, 3, 8, 8])]),
  ]);
  graph.node('ReduceMean', [means], {}, 'live');
  graph.output('live', [1, 1]);
  return graph.finish();
}

const model = {
  id: 'acme-pad',
  name: 'Acme PAD',
  role: 'pad',
  decoder: 'minifasnet',
  input: {
    size: [8, 8],
    layout: 'NCHW',
    colour: 'RGB',
    mean: [0, 0, 0],
    scale: [255, 255, 255],
    batch: false,
  },
  inputName: 'image',
  outputs: { live: 'live' },
  crop: { scale: 1.5, boxWidth: 1, boxHeight: 1, centreUp: 0 },
  licence: 'ours',
  provenance: 'ours',
  needsLicenceAcceptance: false,
  maturity: 'experimental',
  accuracy: [],
};

const openLibrary = () =>
  openModelLibrary({
    manifest: manifestFile,
    built: join(import.meta.dirname, '../../models/built'),
    imported: join(folder, 'imported'),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-added-net-'));
  file = join(folder, 'acme.onnx');
  writeFileSync(file, brightness());
  writeFileSync(entryFileOf(file), JSON.stringify({ model }));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a net of one’s own is added to a set with its weight, and the measured set can be imported with it', async () => {
  const library = await openLibrary();
  await addNet(library, { file, weight: 0.5, to: 'minifasnet-pair', set: 'minifasnet-pair-acme' });
  const set = library.manifest().padSets.find(({ id }) => id === 'minifasnet-pair-acme')!;
  expect(set.models).toEqual([
    { model: 'minifasnet-v2', weight: 0.5 },
    { model: 'minifasnet-v1se', weight: 0.5 },
    { model: 'acme-pad', weight: 0.5 },
  ]);
  expect(library.catalog().files.map(({ entry }) => entry.id)).toContain('acme-pad');

  const about = { data: 'ours', date: '2026-11-26' };
  writeOwnPadSet(entryFileOf(file), set, reportOf(0.9), about);
  writeOwnPadSet(entryFileOf(file), set, reportOf(0.8), about);
  const own = OwnModel.parse(JSON.parse(readFileSync(entryFileOf(file), 'utf8')));
  expect(own.padSets).toHaveLength(1);
  expect(own.padSets[0]).toMatchObject({ id: set.id, models: set.models, crops: set.crops });
  expect(own.padSets[0]!.thresholds.apcer5.score).toBeCloseTo(0.8, 5);
  expect(own.padSets[0]!.accuracy[0]).toMatchObject({
    metric: 'AUC',
    data: expect.stringMatching(/^ours: 20 /),
  });
});

test('a set that is not there is named', async () => {
  await expect(
    addNet(await openLibrary(), { file, weight: 0.5, to: 'none', set: 'none-acme' }),
  ).rejects.toThrow('The manifest has no PAD set "none".');
});

/** 20 people and 20 attacks, separated at `threshold`. */
function reportOf(threshold: number): PadReport {
  const judged = Array.from({ length: 40 }, (_, i) => ({
    person: `p${i % 20}`,
    live: i < 20 ? threshold + 0.05 : threshold - 0.05,
    ...(i < 20 ? {} : { species: 'print' }),
  }));
  return {
    ...separation(judged),
    points: {
      customary: pointAt(judged, 0.5),
      apcer5: pointAt(judged, threshold),
      apcer10: pointForAllAttacks(judged, 0.1),
      everySpecies5: pointForEverySpecies(judged, 0.05),
      everySpecies10: pointForEverySpecies(judged, 0.1),
    },
    heldOut: pointOnHeldOutPeople(judged, 0.05),
    undecided: {
      live: { share: 0, interval: [0, 0.2], pictures: 20 },
      attacks: { share: 0, interval: [0, 0.2], pictures: 20 },
    },
    nonResponse: {},
    live: 20,
    attacks: 20,
    people: 20,
  };
}
