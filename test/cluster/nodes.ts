import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import type { ComposeDeps } from '../../service/compose/foundation.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { isJoined } from '../../service/storage/master/joined-master.ts';
import { operator } from '../support/engine.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';

export const binaries = findPostgres();

export interface NodeOptions extends Pick<ComposeDeps, 'clock' | 'workers'> {
  /** Where the others reach it. */
  address?: string;
  /** As a service that shares its databases with none. */
  alone?: boolean;
}

export type Nodes = Awaited<ReturnType<typeof openNodes>>;

/** One PostgreSQL for nodes in this process, each with a data directory of its own. The first one makes the master key that the others are given. */
export async function openNodes() {
  const server = await startPostgres(binaries!);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'));
  const databaseUrl = await server.createDatabase();
  const keysDatabaseUrl = await server.createDatabase();
  const running = new Set<Gatehouse>();
  let first: string | undefined;
  const dataOf = (name: string) => join(folder, name);
  const addressOf = (name: string) => `http://127.0.0.1/${name}`;

  function prepare(name: string): { data: string; id: string } {
    const data = dataOf(name);
    mkdirSync(data, { recursive: true });
    if (isJoined(data)) return { data, id: JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')).node };
    first ??= name;
    if (name !== first) copyFileSync(join(dataOf(first), 'master.key'), join(data, 'master.key'));
    return { data, id: `node_${name}` };
  }

  async function query<Row extends object>(
    statement: string,
    values: unknown[] = [],
    { of = databaseUrl } = {},
  ): Promise<Row[]> {
    const client = new pg.Client({ connectionString: of });
    await client.connect();
    const { rows } = await client.query<Row>(statement, values).finally(() => client.end());
    return rows;
  }

  return {
    server,
    databaseUrl,
    keysDatabaseUrl,
    dataOf,
    addressOf,
    /** What it begins is ended by its `close`, or with all. */
    async start(
      name: string,
      { alone = false, address = addressOf(name), workers = 'when-needed', ...options }: NodeOptions = {},
    ): Promise<Gatehouse> {
      const { data, id } = prepare(name);
      const begin = () =>
        compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
          log: silentLog,
          workers,
          ...options,
          ...(!alone && { node: { id, version: '0.2.0', address } }),
        });
      let node = await begin();
      // As `serve` does where another node has changed the name meanwhile.
      if (!alone && node.boxName.describe().waits) {
        await node.close();
        node = await begin();
      }
      running.add(node);
      const { close } = node;
      return Object.assign(node, {
        async close() {
          if (running.delete(node)) await close();
        },
      });
    },
    /** As another program would; `of`: the URL of another database. */
    query,
    /** What the run of the node is called in what it begins. */
    async runOf(name: string): Promise<string> {
      const [row] = await query<{ run: string }>(
        `select node || '/' || token as run from service_node where node = $1`,
        [`node_${name}`],
      );
      return row!.run;
    },
    /** As the others do with a node that gives no sign; its process goes on. */
    remove: (name: string) => query('delete from service_node where node = $1', [`node_${name}`]),
    async close(): Promise<void> {
      for (const node of running) await node.close().catch(() => {});
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface StartedNodes<Names extends readonly string[] = ['a', 'b']> extends Nodes {
  nodes: { readonly [Name in keyof Names]: Gatehouse };
  /** One that all know. */
  organization: OrganizationId;
}

/** Nodes of these names that run. */
export async function startNodes<const Names extends readonly string[]>(
  ...names: Names
): Promise<StartedNodes<Names>> {
  const opened = await openNodes();
  const [first, ...others] = names;
  const nodes = [await opened.start(first!)];
  const { id: organization } = await nodes[0]!.organizations.create({ name: 'Museum' }, operator);
  for (const name of others) nodes.push(await opened.start(name));
  return { ...opened, nodes: nodes as unknown as StartedNodes<Names>['nodes'], organization };
}
