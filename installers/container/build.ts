// `npm run package:container`: an image from the archive of `npm run package`, without fetching anything.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../run.ts';
import { makeContext } from './context.ts';

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    packages: { type: 'string', default: join(root, 'dist/packages') },
    base: { type: 'string', default: '/' },
    arch: { type: 'string', default: 'x64' },
    out: { type: 'string', default: join(root, 'dist/container') },
    tool: { type: 'string' },
  },
});
const log = (line: string) => console.error(`container: ${line}`);
await build();

async function build(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const arch = values.arch === 'arm64' ? 'arm64' : 'x64';
  const archive = join(resolve(values.packages), `gatehouse-${version}-linux-${arch}.tar.gz`);
  if (!existsSync(archive)) throw new Error(`There is no ${archive}: "npm run package" makes it.`);
  const out = resolve(values.out);
  await makeContext({ archive, base: resolve(values.base), arch, out });
  log(`${out} is what an image is built of`);
  const tool = values.tool ?? ['podman', 'buildah', 'docker'].find(isHere);
  if (tool === undefined) {
    log(
      'no podman, buildah or docker here: "docker build -f Containerfile --build-arg VERSION=… ." in that folder, where one is',
    );
    return;
  }
  const tag = `gatehouse:${version}`;
  const words = [
    ...(tool === 'buildah' ? ['bud'] : ['build']),
    // OCI's format has no health check
    ...(tool === 'docker' ? [] : ['--format', 'docker']),
    ...['--file', join(out, 'Containerfile'), '--build-arg', `VERSION=${version}`, '--tag', tag, out],
  ];
  await run(tool, words, { cwd: out });
  log(`${tag} is built (${tool})`);
}

function isHere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}
