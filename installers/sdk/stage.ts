import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');

interface Manifest {
  exports: string | Record<string, string | Record<'import' | 'require', { types: string; default: string }>>;
}

/** A package as it is published, in `folder`: `dist` of its build, manifest, README, licence, and files for what does not read `exports`. */
export async function stagePackage(name: 'gatehouse' | 'mcp', dist: string, folder: string): Promise<void> {
  const source = join(root, 'sdk', name);
  await mkdir(folder, { recursive: true });
  await cp(dist, join(folder, 'dist'), { recursive: true });
  for (const file of ['package.json', 'README.md']) await cp(join(source, file), join(folder, file));
  for (const file of ['LICENSE', 'NOTICE']) await cp(join(root, file), join(folder, file));
  const { exports }: Manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  if (typeof exports === 'object') await placeStubs(exports, folder);
  // The same bytes under every umask: npm packs modes.
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o644);
}

/** TypeScript with `moduleResolution: node10`, webpack 4, Jest 27 and Metro before 0.82 look for a folder, and its manifest, at each path. */
async function placeStubs(exports: Exclude<Manifest['exports'], string>, folder: string): Promise<void> {
  for (const [path, target] of Object.entries(exports)) {
    const place = join(folder, path);
    if (path === '.' || path === './package.json') continue;
    if (typeof target === 'string') await cp(join(folder, target), place);
    else {
      await mkdir(place, { recursive: true });
      const from = (file: string) => relative(place, join(folder, file));
      const stub = {
        main: from(target.require.default),
        module: from(target.import.default),
        types: from(target.require.types),
      };
      await writeFile(join(place, 'package.json'), `${JSON.stringify(stub, null, 2)}\n`);
    }
  }
}
