import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { verifyExport } from '../../service/engine/audit/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { operator } from '../support/engine.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('the audit log of two nodes on one PostgreSQL', () => {
  let server: TestPostgres;
  let folder: string;
  let nodes: [Gatehouse, Gatehouse];
  let start: (name: string) => Promise<Gatehouse>;
  const by = { actor: operator };

  beforeAll(async () => {
    server = await startPostgres(binaries!);
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-audit-nodes-'));
    const databaseUrl = await server.createDatabase();
    const keysDatabaseUrl = await server.createDatabase();
    start = (name) => {
      const data = join(folder, name);
      mkdirSync(data, { recursive: true });
      if (name !== 'a') copyFileSync(join(folder, 'a', 'master.key'), join(data, 'master.key'));
      return compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
        log: silentLog,
        workers: 'when-needed',
        node: { id: `node_${name}`, version: '0.2.0', address: `http://127.0.0.1/${name}` },
      });
    };
    nodes = [await start('a'), await start('b')];
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('both sign as one appliance, each its own chain', async () => {
    const [a, b] = nodes;
    expect(b.auditLog.appliance).toBe(a.auditLog.appliance);
    expect([a.auditLog.chain, b.auditLog.chain]).toEqual(['node_a', 'node_b']);
    expect(await a.auditLog.chains()).toMatchObject([{ node: 'node_a' }, { node: 'node_b' }]);
  });

  test('200 lines at each at one time: none gives up, and both chains are whole', async () => {
    const before = await nodes[0].auditLog.chains();
    const lines = (node: Gatehouse) =>
      Array.from({ length: 200 }, () => node.auditLog.record({ ...by, action: 'thing.do' }));
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
    nodes = [a, await start('b')];
    const chunks: Uint8Array[] = [];
    for await (const chunk of nodes[1].auditLog.export({}, by)) chunks.push(chunk);
    const report = await verifyExport(chunks, { pinned: a.auditLog.publicKeys() });
    expect(report).toMatchObject({ valid: true, silent: [], signedBy: { key: 'pinned' } });
    expect(report.chains).toHaveLength(2);
  });
});
