import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { OrganizationId } from '../../service/lib/id.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import type { ReachedPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';
import { freePort } from './free-port.ts';
import type { NodeOrder } from './node-process.ts';

export const HAPROXY = '/usr/sbin/haproxy';
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of `test/support/bundled-program.ts`. */
const bundle = process.env.TEST_BUNDLED_PROGRAM;
const program =
  bundle === undefined ? join(root, 'test/cluster/node-process.ts') : join(bundle, 'node-process.mjs');
/** Milliseconds after which a supervisor starts what has ended. */
const AGAIN = 500;

/** A place for a node: its data directory and its ports stay over its kills. */
export interface NodePlace {
  name: string;
  data: string;
  url: string;
  order: NodeOrder;
  /** Undefined while it does not run. */
  child: ChildProcess | undefined;
  /** What all of its runs have written. */
  log: string;
}

export interface NodeProcessesOptions {
  /** URL by which a node reaches a database of this URL. */
  wayOf?: (name: string, url: string) => string;
  /** Of the processes, by the name of the node. */
  env?: (name: string) => Record<string, string>;
  /** For which the balancer waits when it looks at a node; 1 s unless given. */
  check?: string;
}

export type NodeProcesses = Awaited<ReturnType<typeof startNodeProcesses>>;

/**
 * Nodes in processes of their own, on one PostgreSQL and with one master key, behind HAProxy. Once started they are started again when they
 * end by themselves, as a supervisor does.
 */
export async function startNodeProcesses(
  server: Pick<ReachedPostgres, 'createDatabase'>,
  names: readonly string[],
  { wayOf = (_, url) => url, env = () => ({}), check = '1s' }: NodeProcessesOptions = {},
) {
  const databaseUrl = await server.createDatabase();
  const keysDatabaseUrl = await server.createDatabase();
  const cli: Cli = createCli();
  const made = await cli.json<{ organizationId: OrganizationId; keys: { test: string } }>(
    'init',
    '--org',
    'Museum',
    '--database-url',
    databaseUrl,
    '--keys-database-url',
    keysDatabaseUrl,
  );

  const places: NodePlace[] = [];
  for (const name of names) {
    const first = places.length === 0;
    const data = first ? cli.data : mkdtempSync(join(tmpdir(), `gatehouse-node-${name}-`));
    if (!first) copyFileSync(join(cli.data, 'master.key'), join(data, 'master.key'));
    const port = await freePort();
    const urls = {
      databaseUrl: wayOf(name, databaseUrl),
      keysDatabaseUrl: wayOf(name, keysDatabaseUrl),
    };
    const config = { data, ...urls, port, providers: ['cpu'], ...sparing };
    const node = {
      id: `node_${name}`,
      version: '0.2.0',
      address: `https://127.0.0.1:${await freePort()}`,
    };
    const order = { config, node } as NodeOrder;
    places.push({ name, data, url: `http://127.0.0.1:${port}`, order, child: undefined, log: '' });
  }

  const front = await freePort();
  const file = join(cli.temporary, 'haproxy.cfg');
  writeFileSync(file, frontOf(front, places, check));
  const balancer = spawn(HAPROXY, ['-db', '-f', file], { stdio: 'ignore' });
  const pauses = new Set<NodeJS.Timeout>();

  /** Until its doors answer. Throws where it ends before that. */
  async function start(place: NodePlace): Promise<void> {
    const child = spawn(
      join(root, 'node_modules/.bin/node'),
      ['--disable-sigusr1', program, JSON.stringify(place.order)],
      {
        cwd: root,
        env: {
          PATH: process.env.PATH,
          HOME: place.data,
          TMPDIR: cli.temporary,
          TZ: 'UTC',
          NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node-compiled'),
          ...env(place.name),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    place.child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      place.log += text;
    });
    const ended = Promise.withResolvers<never>();
    let listens = false;
    child.once('exit', (code, signal) => {
      if (place.child !== child) return;
      place.child = undefined;
      if (listens) startAgain(place);
      else
        ended.reject(
          new Error(`${place.name} ended with ${code ?? signal} before it listened: ${place.log}`),
        );
    });
    await Promise.race([once(child.stdout, 'data'), ended.promise]);
    listens = true;
  }

  function startAgain(place: NodePlace): void {
    const pause = setTimeout(() => {
      pauses.delete(pause);
      if (place.child === undefined) start(place).catch(() => startAgain(place));
    }, AGAIN);
    pauses.add(pause);
  }

  async function end(place: NodePlace, signal: NodeJS.Signals): Promise<void> {
    const { child } = place;
    if (!child) return;
    const exit = once(child, 'exit');
    place.child = undefined;
    child.kill(signal);
    await exit;
  }

  return {
    ...made,
    cli,
    places,
    /** Of the balancer. */
    url: `http://127.0.0.1:${front}`,
    start,
    end,
    /** SQL beside the nodes. */
    async query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
      const client = new pg.Client({ connectionString: databaseUrl });
      client.on('error', () => {});
      await client.connect();
      const { rows } = await client.query<Row>(sql, values).finally(() => client.end());
      return rows;
    },
    async close(): Promise<void> {
      for (const pause of pauses) clearTimeout(pause);
      for (const place of places) await end(place, 'SIGKILL');
      balancer.kill();
      if (balancer.exitCode === null && balancer.signalCode === null) await once(balancer, 'exit');
      await cli.clean();
      for (const { data } of places) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Each request goes to the next node that says it is ready. */
const frontOf = (port: number, places: readonly NodePlace[], check: string): string => `defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout check ${check}
  option redispatch 1
frontend gatehouse
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance roundrobin
  option httpchk GET /ready
${places.map(({ name, url }) => `  server ${name} ${new URL(url).host} check inter 250 fall 1 rise 1`).join('\n')}
`;
