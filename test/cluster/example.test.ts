import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { findPostgres } from '../support/postgres.ts';
import { type Example, startExample } from './example.ts';
import { HAPROXY } from './node-processes.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined || !existsSync(HAPROXY))('the example of several nodes', () => {
  let example: Example;
  beforeAll(async () => {
    example = await startExample(binaries!, {
      environment: { GATEHOUSE_WORKERS: '1', GATEHOUSE_PROVIDERS: 'cpu', GATEHOUSE_DEADLINE_SECONDS: '300' },
    });
  });
  afterAll(() => example?.stop());

  async function send(url: string, path: string, image: Buffer, email?: string) {
    const reply = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': example.keys.test },
      body: JSON.stringify({ image: image.toString('base64'), email }),
    });
    return { status: reply.status, ...((await reply.json()) as object) };
  }

  test('who is enrolled through the balancer is known to each node', async () => {
    const enrolled = await send(example.url, '/api/enroll', await portrait('ada'), 'ada@example.com');
    expect(enrolled).toMatchObject({ enrolled: true });
    for (const { service } of example.nodes)
      expect(await send(service.url, '/api/verify', await portrait('ada', 60))).toMatchObject({
        verified: true,
        email: 'ada@example.com',
      });
  });

  test('the doctor finds three nodes of one version, a synchronous standby, and connections for all', async () => {
    const { findings } = await example.nodes[0]!.cli.json<{
      findings: { what: string; state: string; found: string }[];
    }>('doctor', '--cluster');
    expect(findings).toMatchObject([
      { what: 'node gate-1', state: 'ok', found: expect.stringMatching(/^running at https:/) },
      { what: 'node gate-2', state: 'ok' },
      { what: 'node gate-3', state: 'ok' },
      { what: 'versions', state: 'ok', found: expect.stringMatching(/: gate-1, gate-2, gate-3$/) },
      { what: 'clocks', state: 'ok' },
      { what: 'database server', state: 'ok', found: expect.stringContaining('3 nodes use up to 108') },
      { what: 'commits', state: 'ok' },
      { what: 'standby', state: 'ok', found: expect.stringMatching(/^standby is sync, \d+ bytes behind$/) },
    ]);
  });

  test('a drained node is passed by, and one that is killed is named until it is removed', async () => {
    const [first, second, third] = example.nodes;
    type Listed = { items: { id: string; name: string; state: string }[] };
    const list = async () => (await first!.cli.json<Listed>('node', 'list')).items;
    const idOf = async (name: string) => (await list()).find((one) => one.name === name)!.id;
    await first!.cli.json('node', 'drain', await idOf('gate-2'));
    await expect.poll(async () => (await fetch(`${second!.service.url}/ready`)).status).toBe(503);
    expect((await fetch(`${example.url}/ready`)).status).toBe(200);
    await first!.cli.json('node', 'undrain', await idOf('gate-2'));
    await expect.poll(async () => (await fetch(`${second!.service.url}/ready`)).status).toBe(200);

    const gone = await idOf('gate-3');
    await third!.service.end('SIGKILL');
    await expect.poll(async () => (await list()).find(({ id }) => id === gone)?.state).toBe('silent');
    const doctor = await first!.cli.run('doctor', '--cluster');
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining('gone and did not leave: 1') });
    await first!.cli.json('node', 'remove', gone, '--confirm', gone);
    expect((await list()).map(({ state }) => state)).toEqual(['running', 'running']);
  });
});
