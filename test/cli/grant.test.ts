import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

interface Grant {
  id: string;
  to: string;
  kind: string;
  note: string;
  createdBy: string;
  revoked?: { at: string; by: string };
}

let cli: Cli;
beforeEach(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Acme');
});
afterEach(() => cli.clean());

const list = async (...words: string[]) =>
  (await cli.json<{ items: Grant[] }>('grant', 'list', ...words)).items;

/** The rule by which a command was refused. */
async function refused(...words: string[]) {
  const { code, stdout } = await cli.run(...words, '--json');
  const { code: problem, details } = JSON.parse(stdout) as {
    code: string;
    details?: { path: string; message: string }[];
  };
  return [code, problem, details?.find(({ path }) => path === 'rule')?.message];
}

test('a destination is granted, listed and revoked, with and without a service', async () => {
  expect((await cli.run('grant', 'list')).stdout).toContain('nothing leaves the box');
  const made = await cli.json<Grant>('grant', 'add', '*.example.org:8443', '--note', 'ticket 7');
  expect(made).toMatchObject({ to: '*.example.org:8443', kind: 'name', note: 'ticket 7' });
  expect(made.createdBy).toMatch(/^operator:./);
  const service = await cli.serve();
  const { port } = new URL(service.url);
  const second = await cli.json<Grant>('grant', 'add', '10.1.0.0/16');
  expect(await list()).toEqual([second, made]);

  // The port that was free just now is ours.
  const own = [1, 'DESTINATION_FORBIDDEN', 'own-listener'];
  expect(await refused('grant', 'add', `127.0.0.1:${port}`)).toEqual(own);
  expect(await refused('grant', 'add', `[::1]:${port}`)).toEqual(own);
  expect(await refused('grant', 'add', '169.254.169.254')).toEqual([1, 'DESTINATION_FORBIDDEN', 'metadata']);
  expect(await refused('grant', 'add', 'https://hooks.example.org')).toEqual([1, 'INVALID_REQUEST', 'host']);
  expect(await refused('grant', 'add', '10.1.0.0/16')).toEqual([1, 'CONFLICT', undefined]);

  const unsure = await cli.run('grant', 'revoke', made.id);
  expect(unsure).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--confirm "*.example.org:8443"'),
  });
  expect(await refused('grant', 'revoke', made.id, '--confirm', '10.1.0.0/16')).toEqual([
    2,
    'USAGE',
    undefined,
  ]);
  expect(await refused('grant', 'revoke', `grt_${'0'.repeat(26)}`, '--confirm', 'x')).toEqual([
    1,
    'NOT_FOUND',
    undefined,
  ]);
  expect(await list()).toEqual([second, made]);
  await service.end();

  const revoked = await cli.json<Grant>('grant', 'revoke', made.id, '--confirm', made.to);
  expect(revoked).toMatchObject({ id: made.id, revoked: { at: expect.any(String), by: made.createdBy } });
  expect(await list()).toEqual([second]);
  expect(await list('--all')).toEqual([second, revoked]);
});
