import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';

export const binaries = findPostgres();

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** One PostgreSQL, and nodes on it. The first makes the master key that the others are given. */
export async function startCluster() {
  const server = await startPostgres(binaries!);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'));
  const databaseUrl = await server.createDatabase();
  const keysDatabaseUrl = await server.createDatabase();
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  const open = new Set<Gatehouse>();
  let first: string | undefined;

  return {
    databaseUrl,
    keysDatabaseUrl,
    /** SQL beside the nodes. */
    query: <Row extends object>(sql: string, values: unknown[] = []) => admin.query<Row>(sql, values),
    dataOf: (name: string) => join(folder, name),
    async start(name: string, workers: 'at-once' | 'when-needed' = 'when-needed'): Promise<Gatehouse> {
      const data = join(folder, name);
      mkdirSync(data, { recursive: true });
      first ??= name;
      if (name !== first) copyFileSync(join(folder, first, 'master.key'), join(data, 'master.key'));
      const node = await compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
        log: silentLog,
        workers,
        node: { id: `node_${name}`, version: '0.2.0', address: `http://127.0.0.1/${name}` },
      });
      open.add(node);
      return node;
    },
    /** What the run of the node is called in what it begins. */
    async runOf(name: string): Promise<string> {
      const { rows } = await admin.query<{ run: string }>(
        `select node || '/' || token as run from service_node where node = $1`,
        [`node_${name}`],
      );
      return rows[0]!.run;
    },
    /** As the others do with a node that gives no sign; its process goes on. */
    remove: (name: string) => admin.query('delete from service_node where node = $1', [`node_${name}`]),
    async stop(node: Gatehouse): Promise<void> {
      open.delete(node);
      await node.close();
    },
    async close(): Promise<void> {
      for (const node of open) await node.close().catch(() => {});
      await admin.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
