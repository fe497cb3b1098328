import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { researchModel } from '../../service/engine/behavior/index.ts';
import { type Cli, createCli } from './gatehouse.ts';

let cli: Cli;
let folder: string;
beforeAll(async () => {
  cli = createCli();
  folder = mkdtempSync(join(tmpdir(), 'weights-'));
  await cli.json('init', '--org', 'Acme & Sons');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  return cli.clean();
});

const layer = (...words: string[]) => cli.json('behavior', 'layer', ...words);
async function refused(...words: string[]) {
  const { code, stdout } = await cli.run('behavior', 'layer', ...words, '--json');
  const problem = JSON.parse(stdout) as { code: string; error: string };
  return [code, problem.code, problem.error];
}

test('the learned layer is chosen, with weights from a file too', async () => {
  expect(await layer()).toMatchObject({ layer: 'rules' });
  expect(await refused('--use', 'own')).toEqual([1, 'CONFLICT', expect.stringContaining('--weights')]);
  const file = join(folder, 'shop.json');
  expect(await refused('--use', 'own', '--weights', file)).toEqual([
    ...[2, 'USAGE', expect.stringContaining('no file')],
  ]);
  writeFileSync(file, '{');
  expect(await refused('--use', 'own', '--weights', file)).toEqual([
    ...[2, 'USAGE', expect.stringContaining('is not JSON')],
  ]);
  writeFileSync(file, JSON.stringify({ ...researchModel, bias: 'none' }));
  expect(await refused('--use', 'own', '--weights', file)).toEqual([
    ...[expect.any(Number), 'INVALID_REQUEST', expect.stringContaining('weights.bias')],
  ]);
  writeFileSync(file, JSON.stringify({ ...researchModel, id: 'shop-2027' }));
  expect(await refused('--use', 'research', '--weights', file)).toEqual([
    ...[2, 'USAGE', expect.stringContaining('--use own')],
  ]);
  expect(await layer('--use', 'own', '--weights', file)).toMatchObject({ model: { id: 'shop-2027' } });
});
