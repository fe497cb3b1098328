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
    await node.nodes!.tend();
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

  test('a standby that is there no more, and a node that does not follow, need attention', async () => {
    const codes = async () => (await a.status()).attention.map(({ code }) => code);
    Object.assign(a.nodes!.standbys(), { most: 1 });
    await a.nodes!.lookForStandbys();
    await cluster.query("update service_node set lags = true where node = 'node_b'");
    expect(await codes()).toEqual(expect.arrayContaining(['STANDBY_GONE', 'NODE_LAGS']));
    expect(await a.nodeList.list()).toMatchObject([{ id: 'node_a' }, { id: 'node_b', lags: true }]);
    Object.assign(a.nodes!.standbys(), { most: 0 });
    await cluster.query('update service_node set lags = false');
    expect(await codes()).not.toContain('STANDBY_GONE');
  });
});
