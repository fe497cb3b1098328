import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

interface Layer {
  layer: string;
  adapts: boolean;
  zero?: object;
  site?: { windows: number; people: number; refused?: string };
}

let cli: Cli;
beforeAll(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Acme & Sons');
});
afterAll(() => cli.clean());

const adapt = (...words: string[]) => cli.json<Layer>('behavior', 'adapt', ...words);
async function refused(...words: string[]) {
  const { code, stdout } = await cli.run('behavior', 'adapt', ...words, '--json');
  const problem = JSON.parse(stdout) as { code: string; error: string };
  return [code, problem.code, problem.error];
}

test('the zero adapts where it is switched on, and says what is missing', async () => {
  expect(await adapt()).toMatchObject({ layer: 'rules', adapts: false });
  expect(await refused('accept')).toEqual([1, 'CONFLICT', expect.stringContaining('Rules judge alone')]);
  await cli.json('behavior', 'layer', '--use', 'research', '--accept-licence-doubt');
  expect(await adapt('on')).toMatchObject({ layer: 'research', adapts: true });
  expect(await adapt()).toMatchObject({ adapts: true, site: { windows: 0, people: 0 } });
  expect((await cli.run('behavior', 'adapt')).stdout).toMatch(/moves by itself\s+yes, daily/);
  expect(await refused('accept')).toEqual([1, 'CONFLICT', expect.stringContaining('at least 500 windows')]);
  expect(await adapt('off')).toMatchObject({ adapts: false });
  expect(await adapt()).not.toHaveProperty('zero');
  expect(await refused('sometimes')).toEqual([2, 'USAGE', expect.stringContaining('on, off, accept')]);
});
