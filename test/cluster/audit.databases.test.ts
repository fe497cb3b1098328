import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { verifyExport } from '../../service/engine/audit/index.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('the audit log of two nodes on one PostgreSQL', () => {
  let cluster: StartedNodes;
  let nodes: StartedNodes['nodes'];
  const by = { actor: operator };

  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    ({ nodes } = cluster);
  });
  afterAll(() => cluster?.close());

  test('both sign as one appliance, each its own chain', async () => {
    const [a, b] = nodes;
    expect(b.auditLog.appliance).toBe(a.auditLog.appliance);
    expect([a.auditLog.chain, b.auditLog.chain]).toEqual(['node_a', 'node_b']);
    expect(await a.auditLog.chains()).toMatchObject([{ node: 'node_a' }, { node: 'node_b' }]);
  });

  test('200 lines at each at one time: none gives up, and both chains are whole', async () => {
    const before = await nodes[0].auditLog.chains();
    const lines = (node: Gatehouse) =>
      Array.from({ length: 200 }, () => node.auditLog.record({ ...by, action: 'site.add' }));
    await Promise.all(nodes.flatMap(lines));
    const after = await nodes[1].auditLog.chains();
    expect(after.map(({ last }, index) => last - before[index]!.last)).toEqual([200, 200]);
    await Promise.all(nodes.map((node) => node.auditLog.checkpoint('lines')));
    for (const node of nodes)
      expect(await node.auditLog.verify()).toMatchObject({ valid: true, silent: [], uncovered: 0 });
  });

  test('checkpoints at both at one time are both noted', async () => {
    for (let round = 0; round < 5; round++)
      await Promise.all(nodes.map((node) => node.auditLog.checkpoint('time')));
    expect(await nodes[0].auditLog.verify()).toMatchObject({ valid: true });
  });

  test('a node that stops leaves, and what it exported is verified anywhere', async () => {
    const [a, b] = nodes;
    await b.close();
    const { lines } = await a.auditLog.page({ node: 'node_b', limit: 2 }, by);
    expect(lines.map(({ action }) => action)).toEqual(['audit.heads', 'node.leave']);
    nodes = [a, await cluster.start('b')];
    const chunks: Uint8Array[] = [];
    for await (const chunk of nodes[1].auditLog.export({}, by)) chunks.push(chunk);
    const report = await verifyExport(chunks, { pinned: a.auditLog.publicKeys() });
    expect(report).toMatchObject({ valid: true, silent: [], signedBy: { key: 'pinned' } });
    expect(report.chains).toHaveLength(2);
  });
});
