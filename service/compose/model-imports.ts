import { readImportApart } from '../../models/read-import-apart.ts';
import type { ModelFile, ReadModel } from '../engine/appliance/index.ts';
import { readOwnManifest } from './model-paths.ts';

/** Reads the file of a model in a process of its own, against Gatehouse's own manifest. */
export async function readModelFile(file: ModelFile): Promise<ReadModel> {
  return readImportApart(file, readOwnManifest());
}
