import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { manifestFile } from '../support/measured-pipeline.ts';

const root = join(import.meta.dirname, '../..');
/** What decides how a picture is made, and what the nets read of it. */
const causes = [
  'package-lock.json',
  'service/inference/**/*.ts',
  'service/lib/*.ts',
  'service/lib/geometry/*.ts',
  'test/live/**/*.ts',
  'test/accuracy/random.ts',
  'test/cli/portraits.ts',
  'test/support/{measured-pipeline,normal}.ts',
];

/**
 * A folder for what the nets read of pictures of the packages' own photographs, from one run to the next: by the hash of everything that
 * decides it, so that a change reads all of them again. Folders of earlier hashes are removed.
 */
export function keptReadings(): string {
  const hash = createHash('sha256');
  const files = globSync(causes, { cwd: root }).map((name) => join(root, name));
  for (const file of [manifestFile, ...files].toSorted())
    hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  const home = join(root, 'node_modules/.cache/gatehouse-live');
  const name = hash.digest('hex').slice(0, 32);
  mkdirSync(join(home, name), { recursive: true });
  for (const other of readdirSync(home)) if (other !== name) rmSync(join(home, other), { recursive: true });
  return join(home, name);
}
