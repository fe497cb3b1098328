import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import {
  isDiskFull,
  type NodeFigures,
  openNodeFigures,
} from '../../service/storage/position/node-figures.ts';
import { operator } from '../support/engine.ts';
import { type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { startPostgres } from '../support/postgres.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

const today = () => new Date().toISOString().slice(0, 10);

describe.skipIf(binaries === undefined)('what one node knows of itself', () => {
  describe('figures of its machine', () => {
    let server: Awaited<ReturnType<typeof startPostgres>>;
    let nodes: NodeVaults;
    beforeAll(async () => {
      server = await startPostgres(binaries!);
      nodes = await openNodeVaults(server);
    });
    const opened: NodeFigures[] = [];
    afterAll(async () => {
      for (const one of opened) await one.close();
      await nodes?.stop();
      await server?.stop();
    });

    test('are there for the others as long as it runs', async () => {
      const [a, b] = [await nodes.start('a'), await nodes.start('b')];
      for (const { database } of [a, b]) opened.push(await openNodeFigures({ database, log: silentLog }));
      const [ofA, ofB] = opened as [NodeFigures, NodeFigures];
      await ofA.report({ diskFree: () => 900, certificateDays: async () => 80 });
      await ofB.report({ diskFree: () => 5, lostLines: () => 'node_b: 7' });
      const b5 = { node: 'node_b', diskFree: 5, lostLines: 'node_b: 7' };
      expect(await ofA.ofOthers()).toEqual([b5]);
      expect(await ofA.ofAll()).toEqual([{ node: 'node_a', ...ofA.own() }, b5]);
      expect([isDiskFull(ofA.own()), isDiskFull(ofB.own()), isDiskFull({})]).toEqual([false, true, false]);
      expect(await ofB.ofOthers()).toEqual([{ node: 'node_a', diskFree: 900, certificateDays: 80 }]);
      await ofB.close();
      await b.stop();
      expect(await ofA.ofOthers()).toEqual([]);
    });

    test('are there without the one that cannot be read, which the log names; lost lines stay until they are read', async () => {
      const { database } = await nodes.start('c');
      const lines: unknown[] = [];
      const log = { ...silentLog, warn: (fields: unknown) => void lines.push(fields) };
      const figures = await openNodeFigures({ database, log });
      opened.push(figures);
      let lostLines = (): string | undefined => 'node_c: 7';
      const fails = () => {
        throw new Error('no such file');
      };
      const report = () =>
        figures.report({ certificateDays: fails, diskFree: () => 900, lostLines: () => lostLines() });
      const c = { node: 'node_c', diskFree: 900 };
      await report();
      expect(await figures.ofAll()).toContainEqual({ ...c, lostLines: 'node_c: 7' });
      expect(lines).toMatchObject([{ figure: 'certificateDays', err: { message: 'no such file' } }]);
      lostLines = fails;
      await report();
      expect(await figures.ofAll()).toContainEqual({ ...c, lostLines: 'node_c: 7' });
      lostLines = () => undefined;
      await report();
      expect(await figures.ofAll()).toContainEqual(c);
    });
  });

  describe('of its clock and of sweeps that wait', () => {
    let cluster: StartedNodes;
    beforeAll(async () => {
      cluster = await startNodes('a', 'b');
    });
    afterAll(() => cluster?.close());

    test('is the same at each, and what an operator confirms at one holds for all', async () => {
      const [a, b] = cluster.nodes;
      // The clock of the first went on by a month at once, as its part of the log shows.
      const { seq } = (
        await a.auditLog.page({ action: 'node.join', limit: 5 }, { actor: operator })
      ).lines.find(({ chain }) => chain === 'node_a')!;
      await a.auditLog.record({ actor: operator, action: 'site.add' });
      await cluster.query(`update audit set at = at - 2592000000 where chain = 'node_a' and seq <= $1`, [
        seq,
      ]);
      expect((await b.retention.waiting()).clock).toBeUndefined();
      await a.retention.maintain();
      expect((await b.retention.waiting()).clock).toContain('went on by');
      await b.retention.confirmClock({ today: today(), actor: operator });
      expect((await a.retention.waiting()).clock).toBeUndefined();
      await a.retention.checkClock();
      expect((await b.retention.waiting()).clock).toBeUndefined();
    });
  });
});
