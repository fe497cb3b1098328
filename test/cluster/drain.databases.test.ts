import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../service/config.ts';
import { type Service, serve } from '../../service/server/serve.ts';
import { until } from '../support/fake-time.ts';
import { sparing } from '../support/sparing.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('a node that stops', () => {
  let cluster: StartedNodes<['a']>;
  let service: Service | undefined;
  beforeAll(async () => {
    cluster = await startNodes('a');
    const data = cluster.dataOf('served');
    mkdirSync(data);
    copyFileSync(join(cluster.dataOf('a'), 'master.key'), join(data, 'master.key'));
    const { databaseUrl, keysDatabaseUrl } = cluster;
    service = await serve(
      parseConfig({ data, databaseUrl, keysDatabaseUrl, port: 0, ...sparing }, {}),
      { logLine: () => {} },
      undefined,
      { node: { id: 'node_served', version: '0.2.0', address: 'http://127.0.0.1/served' } },
    );
  });
  afterAll(async () => {
    await service?.stop();
    await cluster?.close();
  });

  const ready = async () => (await fetch(`${service!.url}/ready`)).status;
  const members = async () => {
    const rows = await cluster.query<{ node: string }>('select node from service_node order by node');
    return rows.map(({ node }) => node);
  };

  test('asks for requests to go elsewhere while it still answers, and leaves its row last', async () => {
    const { url, stop } = service!;
    await until(async () => (await ready()) === 200 || (await ready()) === 503);
    const before = await (await fetch(`${url}/ready`)).json();
    const stopped = stop();
    const answer = await fetch(`${url}/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ ready: false, reason: 'The service is stopping.' });
    expect(before).not.toMatchObject({ reason: 'The service is stopping.' });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await members()).toEqual(['node_a', 'node_served']);
    const rows = await cluster.query<{ n: number }>(
      `select count(*)::integer as n from recurring_work where claimed_by like 'node_served/%'`,
    );
    expect(rows[0]!.n).toBe(0);
    await stopped;
    service = undefined;
    expect(await members()).toEqual(['node_a']);
    await expect(fetch(`${url}/ready`)).rejects.toThrow();
  });
});
