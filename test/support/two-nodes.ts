import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { isJoined } from '../../service/storage/master/joined-master.ts';
import type { TestPostgres } from './postgres.ts';
import { sparing } from './sparing.ts';

/** Nodes that are composed on one PostgreSQL, each with a data directory of its own. */
export async function openNodes(server: TestPostgres) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'));
  const databaseUrl = await server.createDatabase();
  const keysDatabaseUrl = await server.createDatabase();
  const running = new Set<Gatehouse>();
  const dataOf = (name: string) => join(folder, name);
  return {
    databaseUrl,
    keysDatabaseUrl,
    dataOf,
    addressOf: (name: string) => `https://${name}.box.example:7300`,
    /** The first one makes the master key, which the others are given. */
    async start(name: string, { alone = false } = {}): Promise<Gatehouse> {
      const data = dataOf(name);
      mkdirSync(data, { recursive: true });
      const joined = isJoined(data)
        ? (JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { node: string }).node
        : undefined;
      if (name !== 'a' && joined === undefined)
        copyFileSync(join(dataOf('a'), 'master.key'), join(data, 'master.key'));
      const node = {
        id: joined ?? `node_${name}`,
        version: '0.2.0',
        address: `https://${name}.box.example:7300`,
      };
      const begin = () =>
        compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
          log: silentLog,
          workers: 'when-needed',
          ...(!alone && { node }),
        });
      let gatehouse = await begin();
      // As `serve` does where another node has changed the name meanwhile.
      if (gatehouse.boxName.describe().waits) {
        await gatehouse.close();
        gatehouse = await begin();
      }
      running.add(gatehouse);
      return gatehouse;
    },
    async stop(gatehouse: Gatehouse): Promise<void> {
      running.delete(gatehouse);
      await gatehouse.close();
    },
    /** Secrets of the key store, as a program without its keys reads them. */
    async keyStoreText(): Promise<string> {
      const client = new pg.Client({ connectionString: keysDatabaseUrl });
      await client.connect();
      const { rows } = await client.query('select name, wrapped, details from appliance_secret');
      await client.end();
      return rows
        .map(({ name, wrapped, details }) => `${name} ${Buffer.from(wrapped).toString('latin1')} ${details}`)
        .join('\n');
    },
    /** As another program would. */
    async query(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      const { rows } = await client.query(statement, values).finally(() => client.end());
      return rows;
    },
    async close(): Promise<void> {
      for (const one of running) await one.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
