import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('the list of two nodes on one PostgreSQL', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
  });
  afterAll(() => cluster?.close());

  const briefly = async (node: Gatehouse) =>
    (await node.nodeList.list()).map(({ id, state, isThis }) => [id, state, isThis]);
  const codes = async () => (await a.status()).attention.map(({ code }) => code);
  const gauges = async (name: string) =>
    (await a.gauges()).find((one) => one.name === name)?.values.map(({ labels, value }) => [labels, value]);

  test('each names both, itself among them, and what only the one that is asked knows', async () => {
    expect(await briefly(a)).toEqual([
      ['node_a', 'running', true],
      ['node_b', 'running', false],
    ]);
    expect(await briefly(b)).toEqual([
      ['node_a', 'running', false],
      ['node_b', 'running', true],
    ]);
    await a.position.catchUp();
    const [own, other] = await a.nodeList.list();
    expect(own).toMatchObject({ version: '0.2.0', address: 'http://127.0.0.1/a', changesBehind: 0 });
    expect(Math.abs(own!.clockAheadMilliseconds!)).toBeLessThan(2_000);
    expect(other).not.toHaveProperty('changesBehind');
    expect(await codes()).not.toContain('NODE_SILENT');
  });

  test('a lease is of the node that holds it, under the name of the work', async () => {
    const run = await cluster.runOf('b');
    const claim = `insert into recurring_work (kind, fence, claimed_by, claimed_until)
      values ($1, 1, $2, (extract(epoch from clock_timestamp()) * 1000)::bigint + 30000)
      on conflict (kind) do update set claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until`;
    for (const kind of ['relay', 'backups/node_b']) await cluster.query(claim, [kind, run]);
    await cluster.query(claim, ['retention', 'node_b/of-an-earlier-run']);
    expect((await a.nodeList.list()).map(({ leases }) => leases)).toEqual([[], ['backups', 'relay']]);
    await cluster.query('update recurring_work set claimed_by = null, claimed_until = null');
    expect((await a.nodeList.list()).map(({ leases }) => leases)).toEqual([[], []]);
  });

  test('changes of another node are counted until they are read', async () => {
    await a.position.catchUp();
    await b.organizations.create({ name: 'Harbor' }, operator);
    const [own] = await a.nodeList.list();
    expect(own!.changesBehind).toBeGreaterThan(0);
    await a.position.catchUp();
    expect(await a.nodeList.list()).toMatchObject([{ changesBehind: 0 }, {}]);
  });

  test('one that stops in order is gone, and nothing needs attention', async () => {
    await b.close();
    expect(await briefly(a)).toEqual([['node_a', 'running', true]]);
    expect(await codes()).not.toContain('NODE_SILENT');
    b = await cluster.start('b');
  });

  test('one whose row is gone without that it left is silent, until it is there again or is removed', async () => {
    await expect(a.nodeList.remove('node_b', operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    await cluster.remove('b');
    expect(await a.nodeList.list()).toMatchObject([
      { id: 'node_a' },
      { id: 'node_b', state: 'silent', isThis: false, leases: [] },
    ]);
    expect((await a.status()).attention).toContainEqual(
      expect.objectContaining({ code: 'NODE_SILENT', urgency: 'now', values: { count: 1 }, screen: 'nodes' }),
    );
    expect(await gauges('gatehouse_node_seen')).toEqual([
      [{ state: 'running' }, 1],
      [{ state: 'drained' }, 0],
      [{ state: 'silent' }, 1],
    ]);

    // Its process cannot say that it leaves: it writes nothing any more.
    await b.close().catch(() => {});
    b = await cluster.start('b');
    expect(await codes()).not.toContain('NODE_SILENT');

    await cluster.remove('b');
    await b.close().catch(() => {});
    expect(await codes()).toContain('NODE_SILENT');
    await a.nodeList.remove('node_b', operator);
    expect(await briefly(a)).toEqual([['node_a', 'running', true]]);
    expect(await codes()).not.toContain('NODE_SILENT');
    const by = { actor: operator };
    const { lines } = await a.auditLog.page({ action: 'node.remove', limit: 5 }, by);
    expect(lines).toMatchObject([{ target: 'node_b', actor: 'operator:ada' }]);
    await expect(a.nodeList.remove('node_b', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });

    b = await cluster.start('b');
    await cluster.remove('b');
    expect(await codes()).toContain('NODE_SILENT');
  });
});
