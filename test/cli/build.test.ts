import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What `npm run build` makes, beside its package.json and models, away from the sources.

const root = fileURLToPath(new URL('../..', import.meta.url));
let product: string;
let data: string;

beforeAll(() => {
  product = mkdtempSync(join(tmpdir(), 'gatehouse-build-'));
  data = join(product, 'data');
  const built = spawnSync(
    join(root, 'node_modules/.bin/node'),
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      join(product, 'dist'),
    ],
    { cwd: root, encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
  cpSync(join(root, 'package.json'), join(product, 'package.json'));
  mkdirSync(join(product, 'models'));
  cpSync(join(root, 'models/manifest.json'), join(product, 'models/manifest.json'));
  cpSync(join(root, 'models/built'), join(product, 'models/built'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(product, 'node_modules'));
});
afterAll(() => rmSync(product, { recursive: true, force: true }));

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/node'),
    [join(product, 'dist/service/cli/gatehouse.js'), ...words],
    { cwd: product, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: product, GATEHOUSE_DATA: data } },
  );
  return { code: status, stdout, stderr };
}

test('the built program knows its version, makes a directory and finds its models', () => {
  expect(run('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  expect(run('init', '--org', 'Museum', '--json')).toMatchObject({ code: 0, stderr: '' });
  const { code, stdout } = run('models', 'verify', '--json');
  const { files } = JSON.parse(stdout) as { files: { id: string; file: string; ok: boolean }[] };
  expect(code).toBe(0);
  expect(files.length).toBeGreaterThan(0);
  for (const { file, ok } of files)
    expect([ok, file.startsWith(join(product, 'models'))]).toEqual([true, true]);
});

test('a damaged model of Gatehouse’s own is told in a sentence, and verify and doctor still name it', () => {
  const [first] = (
    JSON.parse(run('models', 'verify', '--json').stdout) as { files: { id: string; file: string }[] }
  ).files;
  writeFileSync(first!.file, 'damaged');
  const served = run('serve', '--port', '0');
  expect([served.code, served.stdout]).toEqual([1, '']);
  expect(served.stderr).toContain(`The model file ${first?.file} differs from its manifest`);
  expect(served.stderr).toContain('npm run models');
  expect(served.stderr).not.toMatch(/broke|\n +at /);
  const verified = run('models', 'verify', '--json');
  expect(verified.code).toBe(1);
  const { files } = JSON.parse(verified.stdout) as { files: { id: string; ok: boolean }[] };
  expect(files.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual([first?.id]);
  const { findings } = JSON.parse(run('doctor', '--json').stdout) as {
    findings: { what: string; state: string; found: string }[];
  };
  expect(findings.find(({ what }) => what === 'models')).toMatchObject({
    state: 'fail',
    found: expect.stringContaining(String(first?.id)),
  });
});
