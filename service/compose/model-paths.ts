import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImportApart } from '../../models/read-import-apart.ts';
import type { ModelFile, ReadModel } from '../engine/appliance/index.ts';
import { Manifest } from '../inference/models/manifest.ts';
import type { ModelLibraryPaths } from '../inference/models/model-library.ts';
import { document } from '../lib/installation.ts';
import { Problem } from '../lib/problem.ts';
import { productRoot } from '../lib/product-root.ts';
import { RELEASE_KEYS, readReleaseKeys } from '../release/release-keys.ts';
import { checkFileSignature, type FileSignature, signatureBeside } from '../release/signed-file.ts';

/** Where the models of a data directory lie: those that come with Gatehouse, and those it imported. */
export function modelPaths(data: string): ModelLibraryPaths {
  const models = join(productRoot(), 'models');
  return {
    manifest: join(models, 'manifest.json'),
    built: join(models, 'built'),
    fetched: join(models, 'fetched'),
    imported: join(data, 'models'),
    acceptManifest: refuseAltered,
  };
}

/** Folders of public keys: those that came with the installed version, and the machine's own. */
export const releaseKeyFolders = (): string[] => [join(productRoot(), 'release-keys'), RELEASE_KEYS];

/** What the signature of the models' manifest says, where there is one: a package can have one, a checkout has none. */
export function manifestSignature(
  file: string = modelPaths('').manifest,
  bytes: Uint8Array = readFileSync(file),
  folders: readonly string[] = releaseKeyFolders(),
): FileSignature {
  return checkFileSignature(file, bytes, () => readReleaseKeys(folders));
}

/** Gatehouse's own manifest. Throws Problem MODEL_NOT_INSTALLED where it does not match its signature. */
export function readOwnManifest(): Manifest {
  const { manifest } = modelPaths('');
  const bytes = readFileSync(manifest);
  refuseAltered(bytes, manifest);
  return Manifest.parse(JSON.parse(bytes.toString()));
}

/** Throws Problem MODEL_NOT_INSTALLED where these bytes of the manifest do not match the signature beside it. */
export function refuseAltered(bytes: Uint8Array, file: string, folders = releaseKeyFolders()): void {
  const found = manifestSignature(file, bytes, folders);
  if (found.is === 'refused')
    throw new Problem(
      'MODEL_NOT_INSTALLED',
      `${file} is not used: it does not match ${signatureBeside(file)}. ${found.why} Install Gatehouse again from a package whose signature is right (gatehouse update FILE, ${document('PACKAGES')}).`,
    );
}

/** Reads the file of a model in a process of its own, against Gatehouse's own manifest. */
export async function readModelFile(file: ModelFile): Promise<ReadModel> {
  return readImportApart(file, readOwnManifest());
}
