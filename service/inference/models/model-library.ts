import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../../lib/defined.ts';
import { writeDurablyAside } from '../../lib/durable-file.ts';
import { inCheckout } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';
import { createOneAtATime } from '../../lib/turns.ts';
import { acceptImport, isWholeModel, type OwnSets } from './accept-import.ts';
import { hashFile, hashFileOnce } from './file-hash.ts';
import { Manifest, type ModelEntry, type PadSetEntry } from './manifest.ts';
import type { ModelFile } from './onnx-model.ts';

/** What a worker needs to know; plain data. */
export interface ModelCatalog {
  files: ModelFile[];
  padSets: PadSetEntry[];
}

/** One model file against its manifest entry. `found` is absent where the file is. */
export interface FileCheck {
  id: string;
  file: string;
  ok: boolean;
  expected: string;
  found?: string;
}

export interface ModelLibrary {
  /** Everything that is installed, with Gatehouse's own scorers and PAD sets (usable or not) and the imported ones. */
  manifest(): Manifest;
  /** What Gatehouse's own manifest knows but does not bring along: models that may be imported, with pinned hashes. */
  importable(): ModelEntry[];
  catalog(): ModelCatalog;
  /** Hashes every file again, those of damaged imports too. */
  verify(): Promise<FileCheck[]>;
  /**
   * Imported models whose file was missing or changed at the start, and fetched ones whose file was changed: not installed until they are
   * imported again, removed or fetched again.
   */
  damaged(): FileCheck[];
  /**
   * Keeps an imported model under a file name of the library's choosing, in place of one with the same id. The bytes must
   * have the entry's SHA-256 and be ONNX. `own` are the scorers and PAD sets that came with a customer's model; those of
   * Gatehouse's ids are refused. Throws Problem INVALID_REQUEST, or CONFLICT for an id that is built in.
   */
  add(entry: ModelEntry, onnx: Uint8Array, own?: OwnSets): Promise<ModelEntry>;
  /** What is imported here. */
  imported(): Imports;
  /**
   * Makes the imports those that are given: fetches each file that is not here, and removes the others. One whose bytes cannot be had, are
   * not those of its SHA-256, or would be refused as an import is damaged.
   */
  follow(imports: Imports, fetch: (sha256: string) => Promise<Uint8Array | undefined>): Promise<void>;
  /**
   * Removes an imported model, its file, and the imported scorers and PAD sets that use it. Throws Problem NOT_FOUND, or CONFLICT for a
   * built-in or fetched model.
   */
  remove(id: string): Promise<void>;
}

export type Imports = Pick<Manifest, 'models' | 'scorers' | 'padSets'>;

export interface ModelLibraryPaths {
  /** Gatehouse's own `models/manifest.json`. */
  manifest: string;
  /** The folder of the files it builds. */
  built: string;
  /** The folder of importable models that npm fetched at install: of a checkout, and not of a package. Each file in it is optional. */
  fetched?: string;
  /** `DATA/models`: imported files and their `manifest.json`; made when first needed. */
  imported: string;
  /** Throws where these bytes of Gatehouse's own manifest, read from `file`, must not be used. */
  acceptManifest?(bytes: Uint8Array, file: string): void;
}

const empty: Manifest = { version: 1, models: [], scorers: [], padSets: [] };

/**
 * Reads both manifests and compares every file's SHA-256. For a file that Gatehouse brought along it throws MODEL_NOT_INSTALLED that names
 * the file, what was expected and found, and what to do. An imported or fetched one is left out (`damaged`), so that what needs it is
 * refused and the commands that mend it still work. A fetched model is installed where its file is, and as if it came with Gatehouse; an
 * imported one of the same id takes its place. Imports of earlier releases that come with Gatehouse now are removed.
 */
export async function openModelLibrary(paths: ModelLibraryPaths): Promise<ModelLibrary> {
  const own = await readOwnManifest(paths);
  const importedManifest = join(paths.imported, 'manifest.json');
  const isBuiltIn = (id: string) => own.models.some((entry) => entry.id === id);
  const found = (await readManifest(importedManifest)) ?? empty;
  let imported = withoutThoseOf(own, found);
  const change = createOneAtATime();
  const damaged = new Map<string, FileCheck>();

  const fetched = await fetchedFiles(paths, own);
  const files = () => filesOf(paths, { own, imported, fetched });
  const installed = (): ModelFile[] => files().filter(({ entry }) => !damaged.has(entry.id));
  const padSets = (): PadSetEntry[] => [...own.padSets, ...imported.padSets];
  const check = (hash: typeof hashFile) => checkFiles(files(), hash);

  async function keepManifest(next: Manifest): Promise<void> {
    await mkdir(paths.imported, { recursive: true, mode: 0o700 });
    await writeDurablyAside(importedManifest, [Buffer.from(`${JSON.stringify(next, null, 2)}\n`)]);
    imported = next;
  }

  for (const file of await check(hashFileOnce)) {
    if (file.ok) continue;
    if (!isBuiltIn(file.id)) damaged.set(file.id, file);
    else
      unusable(
        `${describeDamage(file)} Install Gatehouse again${inCheckout('; in a checkout run "npm run models"')}.`,
      );
  }
  const superseded = found.models.filter(({ id }) => isBuiltIn(id));
  if (superseded.length > 0) {
    await keepManifest(imported);
    for (const entry of superseded) await rm(pathIn(paths.imported, entry), { force: true });
  }

  return {
    manifest: () => ({
      version: 1,
      models: installed().map(({ entry }) => entry),
      scorers: [...own.scorers, ...imported.scorers],
      padSets: padSets(),
    }),
    importable: () => own.importable ?? [],
    catalog: () => ({ files: installed(), padSets: padSets() }),
    verify: () => check(hashFile),
    damaged: () => [...damaged.values()],
    add: (entry, onnx, sets = { scorers: [], padSets: [] }) =>
      change(async () => {
        const kept = acceptImport(entry, onnx, sets, own);
        const { id, file } = kept;
        const replaced = imported.models.find((model) => model.id === id);
        await mkdir(paths.imported, { recursive: true, mode: 0o700 });
        await writeDurablyAside(pathIn(paths.imported, kept), [onnx]);
        await keepManifest({
          version: 1,
          models: replaceById(imported.models, [kept]),
          scorers: replaceById(imported.scorers, sets.scorers),
          padSets: replaceById(imported.padSets, sets.padSets),
        });
        damaged.delete(id);
        if (replaced && replaced.file !== file) await rm(pathIn(paths.imported, replaced), { force: true });
        return kept;
      }),
    imported: () => ({ models: imported.models, scorers: imported.scorers, padSets: imported.padSets }),
    follow: (imports, fetch) =>
      change(async () => {
        const next = withoutThoseOf(own, withUsableSets(own, imports));
        for (const entry of next.models) await fetchMissing(paths, entry, fetch);
        const former = imported.models;
        await keepManifest(next);
        for (const entry of former)
          if (next.models.every(({ file }) => file !== entry.file))
            await rm(pathIn(paths.imported, entry), { force: true });
        for (const { id } of [...former, ...next.models]) {
          const found = await damageOf(files(), id);
          if (found) damaged.set(id, found);
          else damaged.delete(id);
        }
      }),
    remove: (id) =>
      change(async () => {
        const entry = imported.models.find((model) => model.id === id);
        if (isBuiltIn(id) || (!entry && fetched.some((model) => model.entry.id === id))) throw builtIn(id);
        if (!entry) throw new Problem('NOT_FOUND', `No imported model has the id "${id}".`);
        await keepManifest({
          version: 1,
          models: imported.models.filter((model) => model.id !== id),
          scorers: imported.scorers.filter(({ terms }) => !terms.some(({ model }) => model === id)),
          padSets: imported.padSets.filter(({ models }) => !models.some(({ model }) => model === id)),
        });
        damaged.delete(id);
        await rm(pathIn(paths.imported, entry), { force: true });
        // The fetched one, whose place it had.
        const found = await damageOf(fetched, id);
        if (found) damaged.set(id, found);
      }),
  };
}

async function fetchMissing(
  { imported }: ModelLibraryPaths,
  entry: ModelEntry,
  fetch: (sha256: string) => Promise<Uint8Array | undefined>,
): Promise<void> {
  const path = pathIn(imported, entry);
  if ((await hashFileOnce(path)) === entry.sha256) return;
  const bytes = await fetch(entry.sha256);
  if (!bytes || createHash('sha256').update(bytes).digest('hex') !== entry.sha256) return;
  if (!isWholeModel(entry.id, bytes)) return;
  await mkdir(imported, { recursive: true, mode: 0o700 });
  await writeDurablyAside(path, [bytes]);
}

const builtIn = (id: string) =>
  new Problem('CONFLICT', `"${id}" is a built-in model and cannot be removed; disable it instead.`);

/**
 * Hashes every file of both manifests without opening the library, which a damaged file of Gatehouse's own refuses. Throws
 * as `openModelLibrary` for a manifest that cannot be read.
 */
export async function verifyModelFiles(paths: ModelLibraryPaths): Promise<FileCheck[]> {
  const own = await readOwnManifest(paths);
  const imported = withoutThoseOf(own, (await readManifest(join(paths.imported, 'manifest.json'))) ?? empty);
  const fetched = await fetchedFiles(paths, own);
  return checkFiles(filesOf(paths, { own, imported, fetched }), hashFile);
}

/** What was imported, less what comes with Gatehouse under the same id. */
function withoutThoseOf(own: Manifest, imported: Manifest): Manifest {
  const others = <Entry extends { id: string }>(all: readonly Entry[], known: readonly { id: string }[]) =>
    all.filter(({ id }) => !known.some((entry) => entry.id === id));
  return {
    ...imported,
    models: others(imported.models, own.models),
    scorers: others(imported.scorers, own.scorers),
    padSets: others(imported.padSets, own.padSets),
  };
}

/** Less the sets that use a model which is neither given nor Gatehouse's own. */
function withUsableSets(own: Manifest, { models, scorers, padSets }: Imports): Manifest {
  const known = new Set([...own.models, ...(own.importable ?? []), ...models].map(({ id }) => id));
  return {
    version: 1,
    models,
    scorers: scorers.filter(({ terms }) => terms.every(({ model }) => known.has(model))),
    padSets: padSets.filter((set) => set.models.every(({ model }) => known.has(model))),
  };
}

interface Found {
  own: Manifest;
  imported: Manifest;
  fetched: readonly ModelFile[];
}

const filesOf = (paths: ModelLibraryPaths, { own, imported, fetched }: Found): ModelFile[] => [
  ...own.models.map((entry) => ({ entry, path: pathIn(paths.built, entry) })),
  ...fetched.filter(({ entry }) => !imported.models.some(({ id }) => id === entry.id)),
  ...imported.models.map((entry) => ({ entry, path: pathIn(paths.imported, entry) })),
];

/** The importable models that npm fetched: those whose file is there. */
async function fetchedFiles({ fetched }: ModelLibraryPaths, own: Manifest): Promise<ModelFile[]> {
  const files: ModelFile[] = [];
  if (fetched === undefined) return files;
  for (const entry of own.importable ?? []) {
    const path = pathIn(fetched, entry);
    if (await isThere(path)) files.push({ entry: { ...entry, origin: 'built' }, path });
  }
  return files;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

async function checkFiles(files: readonly ModelFile[], hash: typeof hashFile): Promise<FileCheck[]> {
  const checks: FileCheck[] = [];
  for (const { entry, path } of files) {
    const found = await hash(path);
    checks.push({
      id: entry.id,
      file: path,
      ok: found === entry.sha256,
      expected: entry.sha256,
      ...defined({ found }),
    });
  }
  return checks;
}

async function damageOf(files: readonly ModelFile[], id: string): Promise<FileCheck | undefined> {
  const [found] = await checkFiles(
    files.filter(({ entry }) => entry.id === id),
    hashFile,
  );
  return found?.ok === false ? found : undefined;
}

/** One sentence: which file, what was expected and found. */
export function describeDamage({ file, expected, found }: FileCheck): string {
  return found === undefined
    ? `The model file ${file} is missing.`
    : `The model file ${file} differs from its manifest: expected SHA-256 ${expected}, found ${found}.`;
}

const replaceById = <Entry extends { id: string }>(
  old: readonly Entry[],
  next: readonly Entry[],
): Entry[] => [...old.filter(({ id }) => !next.some((entry) => entry.id === id)), ...next];

async function readOwnManifest({ manifest, acceptManifest }: ModelLibraryPaths): Promise<Manifest> {
  return (
    (await readManifest(manifest, { accept: acceptManifest, remedy: 'Install Gatehouse again.' })) ??
    unusable(`There is no ${manifest}; reinstall Gatehouse.`)
  );
}

/** Of the manifest of imports: without it the box knows what comes with Gatehouse. */
const REIMPORT =
  'Remove the file, start, and import the models again ("gatehouse models import"; until then what needs them is refused), or restore a backup, which has both.';

function unusable(sentence: string, cause?: unknown): never {
  throw new Problem('MODEL_NOT_INSTALLED', sentence, { cause });
}

async function readManifest(
  path: string,
  { accept, remedy = REIMPORT }: { accept?: ModelLibraryPaths['acceptManifest']; remedy?: string } = {},
): Promise<Manifest | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  accept?.(bytes, path);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    return unusable(`${path} is not JSON. ${remedy}`, cause);
  }
  const manifest = Manifest.safeParse(json);
  if (!manifest.success) {
    const { path: where, message } = manifest.error.issues[0]!;
    return unusable(`${path} is not a valid model manifest: ${where.join('.')}: ${message}. ${remedy}`);
  }
  return manifest.data;
}

/** Refuses a name that could leave the folder or hide in it. */
function pathIn(folder: string, { id, file }: ModelEntry): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*\.onnx$/.test(file) || basename(file) !== file) {
    throw new Problem(
      'INVALID_REQUEST',
      `The model "${id}" has the file name "${file}"; it must be a plain name that ends in .onnx.`,
    );
  }
  return join(folder, file);
}
