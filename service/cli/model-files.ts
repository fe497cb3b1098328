import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type ImportedModel, readImport } from '../../models/import-weights.ts';
import { readOwnManifest } from '../compose/model-paths.ts';
import { defined } from '../lib/defined.ts';
import { UsageError } from './failure.ts';

/** The models in these files, all of them or a refusal: converted, with their manifest entries. Paths are absolute. */
export async function readImportFiles(paths: readonly string[]): Promise<ImportedModel[]> {
  const manifest = readOwnManifest();
  const models: ImportedModel[] = [];
  for (const path of paths) {
    const entry = await readEntry(path);
    const file = {
      name: basename(path),
      bytes: await readFile(path),
      ...defined({ entry }),
    };
    models.push(await readImport(file, manifest));
  }
  return models;
}

/** `ours.json` beside `ours.onnx`. */
async function readEntry(path: string): Promise<unknown> {
  const beside = `${path.slice(0, path.length - extname(path).length)}.json`;
  if (!existsSync(beside)) return undefined;
  try {
    return JSON.parse(await readFile(beside, 'utf8'));
  } catch (error) {
    throw new UsageError(`${beside} is not JSON: ${(error as Error).message}.`);
  }
}
