import { globSync } from 'node:fs';
import { cp, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from '../run.ts';
import { type Architecture, rulesFor } from './left-out.ts';

export interface TreeOrder {
  /** The checkout, built: `dist` and `models/built` are there. */
  root: string;
  /** Empty folder for what npm installs. */
  work: string;
  /** Folder to make: bin/node, dist, models, node_modules, package.json, licences. */
  out: string;
  arch: Architecture;
  log(line: string): void;
}

/** What the compilers write below `dist` for the packages. An earlier build's files there would get into them too. */
export const PARTS_OF_DIST = ['clients', 'models', 'renderer', 'sdk', 'service'] as const;

/**
 * The smallest tree that runs the service: production packages by the lock file, without install scripts, without what never runs;
 * the compiled product; Node.js.
 */
export async function makeProductionTree(order: TreeOrder): Promise<void> {
  const { root, out, arch, log } = order;
  log('production packages by package-lock.json');
  const packages = await installProduction(order);
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, 'bin'), { recursive: true });
  log('copying what runs');
  await cp(packages, join(out, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  await prune(join(out, 'node_modules'), arch);
  for (const part of PARTS_OF_DIST) {
    await cp(join(root, 'dist', part), join(out, 'dist', part), { recursive: true });
  }
  await cp(join(root, 'models/built'), join(out, 'models/built'), { recursive: true });
  for (const file of [
    'package.json',
    'LICENSE',
    'NOTICE',
    'CHANGELOG.md',
    'models/manifest.json',
    // Where messages name them; /help serves the same.
    ...globSync(['docs/*.md', 'docs/monitoring/*', 'sdk/{gatehouse,mcp}/README.md'], { cwd: root }).sort(),
    // Of printed documents; the compiler does not copy it.
    'service/documents/fonts',
  ]) {
    await cp(join(root, file), join(out, file), { recursive: true });
  }
  await copyNode(order);
}

/** The folder node_modules. Workspaces are named by the lock file, so their manifests have to be there. */
async function installProduction({ root, work, arch }: TreeOrder): Promise<string> {
  await mkdir(work, { recursive: true });
  for (const file of [
    'package.json',
    'package-lock.json',
    'sdk/gatehouse/package.json',
    'sdk/mcp/package.json',
    'sdk/admin/package.json',
  ]) {
    await cp(join(root, file), join(work, file), { force: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  const platform = ['--os=linux', `--cpu=${arch}`, '--libc=glibc'];
  await run(
    'npm',
    ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...platform],
    { cwd: work },
  );
  return join(work, 'node_modules');
}

/** Node.js without its debug symbols: `strip` takes a seventh. Without it the bytes would be others than those of another builder. */
async function copyNode({ root, work, out, arch }: TreeOrder): Promise<void> {
  const { version } = (await import(join(root, 'package-lock.json'), { with: { type: 'json' } })).default
    .packages['node_modules/node'];
  const folder = join(work, 'node');
  await mkdir(folder, { recursive: true });
  await run('npm', ['pack', '--silent', '--pack-destination', folder, `node-linux-${arch}@${version}`], {
    cwd: work,
  });
  await run('tar', ['-xzf', join(folder, `node-linux-${arch}-${version}.tgz`), '-C', folder], { cwd: work });
  await cp(join(folder, 'package/bin/node'), join(out, 'bin/node'));
  await cp(join(folder, 'package/LICENSE'), join(out, 'bin/LICENSE.node'));
  const strip = arch === 'x64' ? 'strip' : 'aarch64-linux-gnu-strip';
  await run(strip, ['--strip-unneeded', join(out, 'bin/node')], { cwd: work }).catch((error: Error) => {
    throw new Error(`${strip} is needed, of binutils (apt-get install binutils). ${error.message}`);
  });
}

async function prune(packages: string, arch: Architecture): Promise<void> {
  const rules = rulesFor(arch);
  for (const path of rules.paths) await rm(join(packages, path), { recursive: true, force: true });
  await rm(join(packages, 'better-sqlite3/prebuilds/keep'), { force: true });
  await pruneBetween(join(packages, 'better-sqlite3/prebuilds'), (name) => name.startsWith(`linux-${arch}`));
  await pruneFolder(packages, rules);
}

async function pruneBetween(folder: string, keep: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!keep(name)) await rm(join(folder, name), { recursive: true });
  }
}

async function pruneFolder(folder: string, rules: ReturnType<typeof rulesFor>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      // a package may be called "test"; a folder inside a package is litter
      const inPackage =
        basename(dirname(path)) !== 'node_modules' && !basename(dirname(path)).startsWith('@');
      if (inPackage && rules.folderNames.has(entry.name)) await rm(path, { recursive: true });
      else await pruneFolder(path, rules);
    } else if (rules.fileNames.test(entry.name) && !rules.kept.test(entry.name)) await rm(path);
  }
  if ((await readdir(folder)).length === 0) await rmdir(folder);
}
