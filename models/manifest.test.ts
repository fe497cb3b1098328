import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
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
    ['face-reidentification-retail-0095', 'embedder', 'built'],
    ['face-recognition', 'embedder', 'built'],
    ['minifasnet-v2', 'pad', 'built'],
    ['minifasnet-v1se', 'pad', 'built'],
  ]);
  expect(manifest.models.filter(({ needsLicenceAcceptance }) => needsLicenceAcceptance)).toEqual([]);
  expect(
    manifest.models.filter(({ enabledByDefault }) => enabledByDefault === false).map(({ id }) => id),
  ).toEqual(['face-recognition']);
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
  expect(manifest.scorers.map(({ id }) => id)).toEqual(['a', 'r', 'rm']);
  for (const { terms } of manifest.scorers) for (const { model } of terms) expect(embedders).toContain(model);
  for (const { models } of manifest.padSets) for (const { model } of models) expect(pads).toContain(model);
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
const originals = join(import.meta.dirname, '..', '..', 'shared', 'models');

/** The file in the installed package, or the one of that name in ../shared/models, if it is there. */
function pathOf({ package: from, integrity, file }: ModelEntry['sources'][number]): string | undefined {
  if (from !== undefined && integrity === undefined)
    return join(packages, from.slice(0, from.lastIndexOf('@')), file);
  return [originals, join(originals, 'retail-0095')]
    .map((folder) => join(folder, basename(file)))
    .find((path) => existsSync(path));
}

test.for(all.map((model) => [model.id, model] as const))(
  '%s converts to its pinned hash from the pinned sources',
  ([id, { sources, sha256: pinned }], { skip }) => {
    const bytes = sources.map((source) => {
      const path = pathOf(source);
      if (path === undefined) return skip(`${basename(source.file)} is not in ../shared/models`);
      const read = readFileSync(path);
      expect(sha256(read)).toBe(source.sha256);
      return read;
    });
    expect(sha256(recipes[id]!(bytes))).toBe(pinned);
  },
);

test('what is committed in bundled is what the manifest pins', () => {
  const bundled = manifest.models.filter(({ sources }) => sources.every((source) => !source.package));
  expect(bundled.map(({ file }) => file).sort()).toEqual(readdirSync(join(import.meta.dirname, 'bundled')));
  for (const { file, sha256: pinned } of bundled)
    expect(sha256(readFileSync(join(import.meta.dirname, 'bundled', file)))).toBe(pinned);
});
