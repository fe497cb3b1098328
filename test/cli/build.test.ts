import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listeningPorts } from '../support/listening-ports.ts';
import { buildProduct, type Product } from '../support/product.ts';

/** Of the tests: Node loads what it compiled before in two thirds of the processor time. */
const { PATH, NODE_COMPILE_CACHE } = process.env;

let product: Product;
let data: string;

beforeAll(async () => {
  product = await buildProduct();
  data = join(product.folder, 'data');
});
afterAll(() => product.remove());

function program(path: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    product.node,
    ['--disable-sigusr1', join(product.folder, path), ...words],
    {
      cwd: product.folder,
      encoding: 'utf8',
      env: { PATH, NODE_COMPILE_CACHE, HOME: product.folder, GATEHOUSE_DATA: data },
    },
  );
  return { code: status, stdout, stderr };
}
const run = (...words: string[]) => program('dist/service/cli/gatehouse.js', ...words);

test('the built program knows its version, makes a directory and finds its models', () => {
  expect(run('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  expect(run('init', '--org', 'Museum', '--json')).toMatchObject({ code: 0, stderr: '' });
  const { code, stdout } = run('models', 'verify', '--json');
  const { items: files } = JSON.parse(stdout) as { items: { id: string; file: string; ok: boolean }[] };
  expect(code).toBe(0);
  expect(files.length).toBeGreaterThan(0);
  for (const { file, ok } of files)
    expect([ok, file.startsWith(join(product.folder, 'models'))]).toEqual([true, true]);
});

test('as Electron runs it, the desktop app starts the service, opens its console, and stops it when it ends; SIGUSR1 opens no inspector in it', async () => {
  const runner = fileURLToPath(new URL('../support/as-electron.mjs', import.meta.url));
  const box = join(product.folder, 'none');
  const words = [runner, join(product.folder, 'dist/main/index.js'), '--data', box];
  const shell = spawn(product.node, words, {
    env: {
      PATH,
      NODE_COMPILE_CACHE,
      HOME: product.folder,
      GATEHOUSE_PORT: '0',
      GATEHOUSE_WORKERS: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = text(shell.stderr);
  const ended = once(shell, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: shell.stdout })) {
    lines.push(line);
    if (line.startsWith('loads http') || line.includes('does not start')) break;
  }
  shell.kill('SIGUSR1');
  for (let i = 0; i < 20; i++) expect(listeningPorts(shell.pid!)).toEqual([]);
  const [, origin = ''] = /^loads (http:\/\/localhost:\d+)\/console\//.exec(lines.at(-1) ?? '') ?? [];
  expect(lines.slice(0, 3)).toEqual([
    'Looking for the service',
    'loads gatehouse-start://shell/',
    'Gatehouse is starting',
  ]);
  expect((await fetch(`${origin}/ready`)).status).toBe(200);
  shell.kill();
  expect(await ended).toEqual([0, null]);
  await expect(fetch(`${origin}/ready`)).rejects.toThrow();
  expect(await log).toBe('');
});

test('a damaged built-in model is reported in a sentence, and verify and doctor still name it', () => {
  const models = join(product.folder, 'models');
  const { models: entries } = JSON.parse(readFileSync(join(models, 'manifest.json'), 'utf8')) as {
    models: { id: string; file: string }[];
  };
  const [first] = entries.map(({ id, file }) => ({ id, file: join(models, 'built', file) }));
  writeFileSync(first!.file, 'damaged');
  const served = run('serve', '--port', '0');
  expect([served.code, served.stdout]).toEqual([1, '']);
  expect(served.stderr).toContain(`The model file ${first?.file} differs from its manifest`);
  expect(served.stderr).toContain('Install Gatehouse again');
  // What is built is no checkout.
  expect(served.stderr).not.toContain('npm ');
  expect(served.stderr).not.toMatch(/broke|\n +at /);
  const verified = run('models', 'verify', '--json');
  expect(verified.code).toBe(1);
  const { items: files } = JSON.parse(verified.stdout) as { items: { id: string; ok: boolean }[] };
  expect(files.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual([first?.id]);
  const { findings } = JSON.parse(run('doctor', '--json').stdout) as {
    findings: { what: string; state: string; found: string }[];
  };
  expect(findings.find(({ what }) => what === 'models')).toMatchObject({
    state: 'fail',
    found: expect.stringContaining(String(first?.id)),
  });
});

test('the desktop shell is built too, and without Electron says what runs it', () => {
  expect(program('dist/main/index.js')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('npm run desktop'),
  });
});

test('the program of the desktop app is one file of our own code, and production packages stay beside it', () => {
  const folder = join(product.folder, 'dist/main');
  expect(readdirSync(folder)).toEqual(['index.js']);
  const code = readFileSync(join(folder, 'index.js'), 'utf8');
  const imported = [...code.matchAll(/(?:\bfrom |\bimport\()"([^"]+)"/g)].map(([, name]) => String(name));
  expect(imported.filter((name) => !name.startsWith('node:')).toSorted()).toEqual([
    'electron',
    'openapi-fetch',
    'zod',
  ]);
  // Rolldown names the file of each module.
  expect(code).not.toMatch(/^\/\/.*node_modules/m);
});
