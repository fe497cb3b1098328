import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('a node that an administrator drains', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
  });
  afterAll(() => cluster?.close());

  const stateOf = async (id: string) => (await a.nodeList.list()).find((one) => one.id === id)?.state;
  const readinessOf = async (node: Gatehouse) => {
    await node.nodes!.refresh();
    return (await node.status()).readiness;
  };

  test('is not ready, until it may work again', async () => {
    await a.nodeList.drain('node_b', operator);
    expect(await stateOf('node_b')).toBe('drained');
    expect(await readinessOf(b)).toMatchObject({
      is: 'not-ready',
      reason: expect.stringContaining('drained'),
    });
    const codes = (await b.status()).attention.map(({ code, urgency }) => `${urgency} ${code}`);
    expect(codes).toContain('note NODE_DRAINED');
    expect(codes).not.toContain('now NOT_READY');
    await b.nodeList.undrain('node_b', operator);
    expect(await stateOf('node_b')).toBe('running');
    expect(JSON.stringify(await readinessOf(b))).not.toContain('drained');
  });

  test('needs another one that takes the work, and leaves who drained it in the log', async () => {
    await a.nodeList.drain('node_b', operator);
    await expect(a.nodeList.drain('node_a', operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(a.nodeList.drain('node_c', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { lines } = await a.auditLog.page({ action: 'node.drain', limit: 5 }, { actor: operator });
    expect(lines).toMatchObject([{ target: 'node_b', actor: 'operator:ada' }, { target: 'node_b' }]);
  });

  test('works again after a restart', async () => {
    await b.close();
    b = await cluster.start('b');
    expect(await stateOf('node_b')).toBe('running');
  });

  test('works on when it is the last one, until another one is there', async () => {
    await b.nodeList.drain('node_a', operator);
    expect(await readinessOf(a)).toMatchObject({ reason: expect.stringContaining('drained') });
    await b.close();
    expect(JSON.stringify(await readinessOf(a))).not.toContain('drained');
    expect(await stateOf('node_a')).toBe('running');
    b = await cluster.start('b');
    expect(await readinessOf(a)).toMatchObject({ reason: expect.stringContaining('drained') });
    await a.nodeList.undrain('node_a', operator);
    await readinessOf(a);
  });

  test('is one alone where all are drained at one time', async () => {
    const done = await Promise.allSettled([
      a.nodeList.drain('node_b', operator),
      b.nodeList.drain('node_a', operator),
    ]);
    expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const rows = await cluster.query<{ node: string }>('select node from service_node where drains');
    expect(rows).toHaveLength(1);
    await cluster.query('update service_node set drains = false');
  });

  /** As that node would say it itself. */
  const sayRoom = (node: string, diskFree: number) =>
    cluster.query(
      `insert into service_node_figures (token, figures) select token, $2 from service_node where node = $1
         on conflict (token) do update set figures = excluded.figures`,
      [node, JSON.stringify({ diskFree })],
    );

  test('needs another one whose disk is not full, and works where that of each other one is', async () => {
    await sayRoom('node_b', 5);
    await expect(b.nodeList.drain('node_a', operator)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('full'),
    });
    await sayRoom('node_b', 900);
    await b.nodeList.drain('node_a', operator);
    expect(await readinessOf(a)).toMatchObject({ reason: expect.stringContaining('drained') });
    await sayRoom('node_b', 5);
    expect(JSON.stringify(await readinessOf(a))).not.toContain('drained');
    expect(await stateOf('node_a')).toBe('running');
    await sayRoom('node_b', 900);
    expect(await readinessOf(a)).toMatchObject({ reason: expect.stringContaining('drained') });
    await a.nodeList.undrain('node_a', operator);
    await readinessOf(a);
  });

  /** Streams nothing; the server counts it among its standbys. */
  async function stream(name: string): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: cluster.databaseUrl,
      application_name: name,
      replication: 'true',
    } as pg.ClientConfig);
    await client.connect();
    return client;
  }
  const look = async () => {
    for (let looks = 0; looks < 6; looks++) await a.nodes!.updateStandbys();
    return a.nodes!.standbys();
  };

  test('misses no standby after a copy of the server was made', async () => {
    const copies = [await stream('pg_basebackup'), await stream('pg_receivewal')];
    expect(await look()).toEqual({ most: 0, now: 0 });
    for (const one of copies) await one.end();
  });

  test('lags where its looks fail, not where others write much', async () => {
    await b.position.catchUp();
    let since = 0;
    const { sinceRead } = b.position;
    const lags = async () => {
      await b.nodes!.refresh();
      return (await a.nodeList.list()).some((one) => one.lags);
    };
    Object.assign(b.position, { sinceRead: () => since });
    since = 200_000;
    expect(await lags()).toBe(false);
    await a.organizations.create({ name: 'Harbor' }, operator);
    since = 60_000;
    expect(await lags()).toBe(false);
    since = 200_000;
    expect(await lags()).toBe(true);
    Object.assign(b.position, { sinceRead });
    expect(await lags()).toBe(false);
  });

  test('a standby that is there no more, and a node that does not follow, need attention', async () => {
    const codes = async () => (await a.status()).attention.map(({ code }) => code);
    const standby = await stream('db-2');
    expect(await look()).toEqual({ most: 1, now: 1 });
    await standby.end();
    await expect.poll(async () => (await look()).now).toBe(0);
    await cluster.query("update service_node set lags = true where node = 'node_b'");
    expect(await codes()).toEqual(expect.arrayContaining(['STANDBY_GONE', 'NODE_LAGS']));
    expect(await a.nodeList.list()).toMatchObject([{ id: 'node_a' }, { id: 'node_b', lags: true }]);
    const again = await stream('db-2');
    await look();
    await cluster.query('update service_node set lags = false');
    expect(await codes()).not.toContain('STANDBY_GONE');
    await again.end();
  });
});
