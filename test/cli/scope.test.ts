import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

interface Scope {
  id: string;
  name: string;
  state: string;
  epoch: number;
  members: number;
  falseFlagRate: number;
  reviewRate: number;
  onErasure: string;
  retentionDays?: number;
  endsAt?: string;
}

let cli: Cli;
beforeAll(async () => {
  cli = createCli();
  await cli.init('Acme & Sons');
});
afterAll(() => cli.clean());

const scope = (...words: string[]) => cli.json<Scope>('scope', ...words);
const list = async (...words: string[]) =>
  (await cli.json<{ items: Scope[] }>('scope', 'list', ...words)).items;
/** Exit code, problem code and sentence. */
async function refused(...words: string[]) {
  const { code, stdout } = await cli.run('scope', ...words, '--json');
  const problem = JSON.parse(stdout) as { code: string; error: string };
  return [code, problem.code, problem.error];
}

test('a scope is set up, changed, rotated and ended by its name', async () => {
  expect((await cli.run('scope', 'list')).stdout).toContain('scope create --help');
  const made = await scope('create', 'survey 2026', '--false-flag-rate', '0.5%', '--retention-days', '90');
  expect(made).toMatchObject({
    name: 'survey 2026',
    state: 'active',
    epoch: 1,
    members: 0,
    falseFlagRate: 0.005,
    reviewRate: 0.05,
    onErasure: 'reopen',
    retentionDays: 90,
  });
  expect(await refused('create', 'survey 2026')).toEqual([
    2,
    'USAGE',
    expect.stringMatching(/there already .* scope set 'survey 2026'/),
  ]);
  const changed = await scope('set', 'survey 2026', '--ends', '2037-06-30', '--retention-days', 'none');
  expect(changed).toMatchObject({ falseFlagRate: 0.005, endsAt: '2037-06-30T23:59:59.000Z' });
  expect(changed.retentionDays).toBeUndefined();
  expect(await scope('show', made.id)).toEqual(changed);
  expect(await list('--limit', '1')).toEqual([changed]);
  expect((await cli.run('scope', 'list')).stdout).toMatch(/survey 2026 +active +1 +0 +0 +0\.5 %/);

  expect(await refused('rotate', 'survey 2026')).toEqual([
    2,
    'USAGE',
    expect.stringMatching(/key is destroyed.*Nothing was changed.*--confirm 'survey 2026'/),
  ]);
  const rotated = await cli.run('scope', 'rotate', 'survey 2026', '--confirm', 'survey 2026');
  expect([rotated.code, rotated.stdout]).toEqual([
    0,
    expect.stringMatching(/epoch +2\n[\s\S]*The key of epoch 1 is destroyed/),
  ]);
  expect(await scope('end', made.id, '--confirm', 'survey 2026')).toMatchObject({ state: 'ended', epoch: 2 });
  for (const verb of ['rotate', 'end', 'set'] as const)
    expect(await refused(verb, 'survey 2026', ...(verb === 'set' ? ['--ends', 'none'] : []))).toEqual([
      2,
      'USAGE',
      expect.stringMatching(/has ended.*scope create 'survey 2026'/),
    ]);
  expect(await scope('create', 'survey 2026')).toMatchObject({ id: made.id, state: 'active', epoch: 3 });
});

test('the scope of the organization needs no name, and its end repeats that of the organization', async () => {
  expect(await refused('show', '--env', 'test')).toEqual([
    2,
    'USAGE',
    expect.stringMatching(/in the test world yet.*scope create --env test/s),
  ]);
  const own = await scope('create', '--env', 'test', '--on-erasure', 'hold', '--ends', '2037-01-01');
  expect(own).toMatchObject({ name: '', onErasure: 'hold' });
  const { stdout } = await cli.run('scope', 'show', '--env', 'test');
  expect(stdout).toContain('(the organization)');
  expect(stdout).toContain('the pseudonym and its face stay to the end of the epoch');
  expect(await refused('end', '--env', 'test', '--confirm', 'Acme')).toEqual([
    2,
    'USAGE',
    expect.stringContaining("--confirm 'Acme & Sons'"),
  ]);
  expect(await scope('end', '--env', 'test', '--confirm', 'Acme & Sons')).toMatchObject({ state: 'ended' });
  expect(await refused('show', own.id)).toEqual([1, 'NOT_FOUND', expect.stringContaining('live world')]);
});

test.each([
  [['set', 'x'], 'Nothing to set'],
  [['create', 'x', '--false-flag-rate', '2'], '--false-flag-rate: "2" is not a share'],
  [['create', 'x', '--review-rate', 'often'], '--review-rate: "often" is not a share'],
  [['create', 'x', '--retention-days', '1.5'], '--retention-days: "1.5" is not a whole number'],
  [['create', 'x', '--ends', 'soon'], '--ends: "soon" is not a date'],
  [['create', 'x', '--on-erasure', 'keep'], 'Allowed choices are reopen, hold'],
  [['set', 'no such', '--ends', 'none'], 'No region is called "no such"'],
])('scope %j is refused with what to write', async (words, sentence) => {
  const { code, stderr } = await cli.run('scope', ...words);
  expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
});

test('the box refuses what contradicts itself, by the name of the flag', async () => {
  expect(await refused('create', 'x', '--false-flag-rate', '0.5')).toEqual([
    1,
    'INVALID_REQUEST',
    expect.stringContaining('0.1'),
  ]);
  expect(await refused('create', 'x', '--on-erasure', 'hold')).toEqual([
    1,
    'INVALID_REQUEST',
    expect.stringContaining('end'),
  ]);
});
