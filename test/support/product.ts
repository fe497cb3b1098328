import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm run build` makes, beside its package.json and models, away from the sources. */
export interface Product {
  folder: string;
  /** The program that runs its JavaScript. */
  node: string;
  remove(): void;
}

export function buildProduct(): Product {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const node = join(root, 'node_modules/.bin/node');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-build-'));
  const built = spawnSync(
    node,
    [
      ...[join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      // `npm run types` has checked them.
      ...['--noCheck', '--outDir', join(folder, 'dist')],
    ],
    { cwd: root, encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'models'));
  cpSync(join(root, 'models/manifest.json'), join(folder, 'models/manifest.json'));
  cpSync(join(root, 'models/built'), join(folder, 'models/built'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, node, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
