import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { operator } from '../support/engine.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';

export interface TwoNodes {
  server: TestPostgres;
  nodes: readonly [Gatehouse, Gatehouse];
  organization: OrganizationId;
  databaseUrl: string;
  keysDatabaseUrl: string;
  /** Once more, after `close` of what was started there before. */
  start(name: 'a' | 'b'): Promise<Gatehouse>;
  /** Data directory of a node. */
  dataOf(name: 'a' | 'b'): string;
  close(): Promise<void>;
}

/** Two services that share one PostgreSQL database, and an organization that both know. */
export async function startTwoNodes(binaries: string): Promise<TwoNodes> {
  const server = await startPostgres(binaries);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'));
  const databaseUrl = await server.createDatabase();
  const keysDatabaseUrl = await server.createDatabase();
  const dataOf = (name: 'a' | 'b') => join(folder, name);
  const opened = new Set<Gatehouse>();
  const start = async (name: 'a' | 'b') => {
    const data = dataOf(name);
    mkdirSync(data, { recursive: true });
    if (name !== 'a') copyFileSync(join(dataOf('a'), 'master.key'), join(data, 'master.key'));
    const node = await compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
      log: silentLog,
      workers: 'when-needed',
      node: { id: `node_${name}`, version: '0.2.0', address: `http://127.0.0.1/${name}` },
    });
    opened.add(node);
    const { close } = node;
    return Object.assign(node, {
      async close() {
        if (opened.delete(node)) await close();
      },
    });
  };
  const a = await start('a');
  const { id: organization } = await a.organizations.create({ name: 'Museum' }, operator);
  const nodes = [a, await start('b')] as const;
  return {
    server,
    nodes,
    organization,
    databaseUrl,
    keysDatabaseUrl,
    start,
    dataOf,
    async close() {
      for (const node of opened) await node.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
