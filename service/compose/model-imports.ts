import { readFile } from 'node:fs/promises';
import { readImportApart } from '../../models/read-import-apart.ts';
import type { ModelFile, ReadModel } from '../engine/model-changes/index.ts';
import { Manifest } from '../inference/models/manifest.ts';
import { modelPaths } from './model-paths.ts';

/** Reads the file of a model in a process of its own, against Gatehouse's own manifest. */
export async function readModelFile(data: string, file: ModelFile): Promise<ReadModel> {
  const manifest = Manifest.parse(JSON.parse(await readFile(modelPaths(data).manifest, 'utf8')));
  return readImportApart(file, manifest);
}
