import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveConfig } from 'electron-vite';
import { build } from 'vite';

/** What `npm run build` makes, without the pages, beside its package.json and models, away from the sources. */
export interface Product {
  folder: string;
  /** The program that runs its JavaScript. */
  node: string;
  remove(): void;
}

export async function buildProduct(): Promise<Product> {
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
  const desktop = {
    build: { outDir: join(folder, 'dist'), emptyOutDir: false },
    logLevel: 'warn',
    ignoreConfigWarning: true,
  } as const;
  await build((await resolveConfig(desktop, 'build', 'production')).config?.main);
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'models'));
  cpSync(join(root, 'models/manifest.json'), join(folder, 'models/manifest.json'));
  cpSync(join(root, 'models/built'), join(folder, 'models/built'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, node, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
