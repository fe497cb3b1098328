import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listeningPorts } from '../support/listening-ports.ts';
import { buildProduct, type Product } from '../support/product.ts';

let product: Product;
let data: string;

beforeAll(() => {
  product = buildProduct();
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
      env: { PATH: process.env.PATH, HOME: product.folder, GATEHOUSE_DATA: data },
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

test('a damaged built-in model is reported in a sentence, and verify and doctor still name it', () => {
  const [first] = (
    JSON.parse(run('models', 'verify', '--json').stdout) as { items: { id: string; file: string }[] }
  ).items;
  writeFileSync(first!.file, 'damaged');
  const served = run('serve', '--port', '0');
  expect([served.code, served.stdout]).toEqual([1, '']);
  expect(served.stderr).toContain(`The model file ${first?.file} differs from its manifest`);
  expect(served.stderr).toContain('npm run models');
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

test('as Electron runs it, the desktop shell looks for the service once Electron is ready, and SIGUSR1 opens no inspector in it', async () => {
  const runner = fileURLToPath(new URL('../support/as-electron.mjs', import.meta.url));
  const words = [runner, join(product.folder, 'dist/main/index.js'), '--data', join(product.folder, 'none')];
  const shell = spawn(product.node, words, {
    env: { PATH: process.env.PATH, HOME: product.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = text(shell.stderr);
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const [first, second] = [await lines.next(), await lines.next()].map(({ value }) => String(value));
  shell.kill('SIGUSR1');
  for (let i = 0; i < 20; i++) expect(listeningPorts(shell.pid!)).toEqual([]);
  shell.kill();
  expect(await log).not.toMatch(/debugger|inspector/i);
  expect(first).toContain('Looking for the service');
  expect(second).toContain('No service runs on');
});
