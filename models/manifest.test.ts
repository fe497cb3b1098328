import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Manifest } from '../service/inference/models/manifest.ts';
import { recipes } from './recipes.ts';
import { sha256 } from './sha256.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));
const importable = manifest.importable ?? [];
const all = [...manifest.models, ...importable];

test('the default set is what the service expects', () => {
  expect(manifest.models.map(({ id, role, origin }) => [id, role, origin])).toEqual([
    ['blazeface', 'detector', 'built'],
    ['facemesh', 'landmarks', 'built'],
    ['iris', 'iris', 'built'],
    ['face-recognition', 'embedder', 'built'],
    ['faceres', 'embedder', 'built'],
  ]);
  expect(
    manifest.models.filter(({ needsLicenceAcceptance }) => needsLicenceAcceptance).map(({ id }) => id),
  ).toEqual(['faceres']);
});

test('every id and file is one model’s alone, and every model has a recipe', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(new Set(all.map(({ file }) => file)).size).toBe(all.length);
  expect(all.map(({ id }) => id).sort()).toEqual(Object.keys(recipes).sort());
});

test('embedders say how faces are aligned, PAD models how they are cropped', () => {
  for (const { role, alignment, dimensions, crop } of all) {
    if (role === 'embedder') {
      expect(dimensions).toBeGreaterThan(0);
      expect(alignment?.landmarks.length).toBe(alignment?.template.length);
    }
    if (role === 'pad') expect(crop?.scale).toBeGreaterThan(1);
  }
});

test('scorers and PAD sets name models that exist', () => {
  const embedders = all.filter(({ role }) => role === 'embedder').map(({ id }) => id);
  const pads = all.filter(({ role }) => role === 'pad').map(({ id }) => id);
  expect(manifest.scorers.map(({ id }) => id)).toEqual(['a', 'fused']);
  for (const { terms } of manifest.scorers) for (const { model } of terms) expect(embedders).toContain(model);
  for (const { models } of manifest.padSets) for (const model of models) expect(pads).toContain(model);
});

test('calibration tables rise in score, fall in FMR and rise in FNMR', () => {
  for (const calibration of manifest.scorers.flatMap((scorer) => [
    scorer.calibration,
    ...(scorer.calibration.several ?? []),
  ])) {
    expect(calibration.table.length).toBeGreaterThan(1);
    calibration.table.slice(1).forEach((point, i) => {
      const before = calibration.table[i]!;
      expect(point.score).toBeGreaterThan(before.score);
      expect(point.fmr).toBeLessThanOrEqual(before.fmr);
      expect(point.fnmr).toBeGreaterThanOrEqual(before.fnmr);
    });
    expect(calibration.measuredDownTo).toBeGreaterThan(0);
  }
});

const packages = join(import.meta.dirname, '..', 'node_modules');

test.each(manifest.models.map((model) => [model.id, model] as const))(
  '%s converts to its pinned hash from the pinned sources',
  (id, { sources, sha256: pinned }) => {
    const bytes = sources.map(({ file, package: from, sha256: source }) => {
      const read = readFileSync(join(packages, from!.slice(0, from!.lastIndexOf('@')), file));
      expect(sha256(read)).toBe(source);
      return read;
    });
    expect(sha256(recipes[id]!(bytes))).toBe(pinned);
  },
);

const weights = join(import.meta.dirname, '..', '..', 'shared', 'models');

test
  .skipIf(!existsSync(weights))
  .each(
    importable
      .map((model) => [model.id, join(weights, model.sources[0]!.file), model] as const)
      .filter(([, path]) => existsSync(path)),
  )('%s converts to its pinned hash (where the weights are at hand)', (id, path, model) => {
  const bytes = readFileSync(path);
  expect(sha256(bytes)).toBe(model.sources[0]!.sha256);
  expect(sha256(recipes[id]!([bytes]))).toBe(model.sha256);
});
