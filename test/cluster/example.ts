import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { freePort } from '../support/free-port.ts';
import { startPostgres } from '../support/postgres.ts';
import { ofPrimary, startStandby } from '../support/standby.ts';
import { HAPROXY } from './node-processes.ts';

/** A node that the settings start, as docs/NODES.md has it. */
export interface ExampleNode {
  name: string;
  cli: Cli;
  service: Service;
}

export interface Example {
  /** Of the balancer. */
  url: string;
  nodes: ExampleNode[];
  keys: { live: string; test: string };
  standby: number;
  stop(): Promise<void>;
}

export interface ExampleSettings {
  /** Settings of each node, as in its environment. */
  environment?: Record<string, string>;
  /** Of the balancer; 0: any. */
  port?: number;
  say?(line: string): void;
}

/** PostgreSQL with a synchronous standby, three nodes and HAProxy, on loopback. Nothing is left of it after `stop`. */
export async function startExample(
  binaries: string,
  { environment = {}, port = 0, say = () => {} }: ExampleSettings = {},
): Promise<Example> {
  await using begun = new AsyncDisposableStack();
  say('PostgreSQL, and a standby that each commit waits for …');
  const server = await startPostgres(binaries, { settings: ofPrimary });
  begun.defer(() => server.stop());
  const standby = await startStandby(binaries, server);
  begun.defer(() => standby.stop());
  const urls = [
    ...['--database-url', await server.createDatabase()],
    ...['--keys-database-url', await server.createDatabase()],
  ];
  const front = port === 0 ? await freePort() : port;
  const settings = { ...environment, GATEHOUSE_TRUSTED_PROXIES: 'loopback', GATEHOUSE_NODES: 'on' };

  const nodes: ExampleNode[] = [];
  async function start(name: string, cli: Cli, at: string): Promise<ExampleNode> {
    const doors = await freePort();
    const service = await cli.serve('--port', String(doors), '--node-address', at, '--node-name', name);
    const node = { name, cli, service };
    nodes.push(node);
    return node;
  }
  const newCli = (): Cli => {
    const cli = createCli(settings);
    begun.defer(() => cli.clean());
    return cli;
  };
  const newAddress = async () => `127.0.0.1:${await freePort()}`;

  say('the first node …');
  const first = newCli();
  const address = await newAddress();
  const { keys } = await first.json<Pick<Example, 'keys'>>(
    ...['init', '--org', 'Example', '--nodes', '--node-address', address],
    ...urls,
  );
  await start('gate-1', first, address);
  for (const name of ['gate-2', 'gate-3']) {
    say(`${name} joins …`);
    const cli = newCli();
    const at = await newAddress();
    const { token } = await first.json<{ token: string }>('node', 'token');
    const file = join(cli.temporary, 'token');
    writeFileSync(file, token, { mode: 0o600 });
    const words = ['node', 'join', '--token-file', file, '--name', name, '--node-address', at];
    await cli.json(...words, ...urls);
    await start(name, cli, at);
  }

  say('HAProxy …');
  const file = join(first.temporary, 'haproxy.cfg');
  writeFileSync(file, balancerOf(front, nodes));
  const balancer = spawn(HAPROXY, ['-db', '-f', file], { stdio: 'ignore' });
  begun.defer(() => end(balancer));
  await untilReady(`http://127.0.0.1:${front}/ready`, balancer);
  const all = begun.move();
  const { pid } = standby;
  return {
    url: `http://127.0.0.1:${front}`,
    nodes,
    keys,
    standby: pid,
    async stop() {
      // In order, and together: each asks requests to go elsewhere for some seconds.
      await Promise.all(nodes.map(({ service }) => service.end()));
      await all.disposeAsync();
    },
  };
}

/** Until a node answers through the balancer. */
async function untilReady(url: string, balancer: ChildProcess): Promise<void> {
  while (balancer.exitCode === null) {
    const reply = await fetch(url).catch(() => undefined);
    if (reply?.ok) return;
    await pause(200);
  }
  throw new Error(`HAProxy ended with ${balancer.exitCode}.`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

const shipped = new URL('../../installers/cluster/haproxy.cfg', import.meta.url);

/** The balancer of installers/cluster, in plain HTTP and on loopback; the way to the primary is not needed. */
function balancerOf(port: number, nodes: readonly ExampleNode[]): string {
  const [browsers = ''] = readFileSync(shipped, 'utf8').split('# PostgreSQL');
  const servers = nodes.map(({ name, service }) => `  server ${name} ${new URL(service.url).host}`);
  return browsers
    .replace(/bind :443.*/, `bind 127.0.0.1:${port}`)
    .replace(/.*X-Forwarded-Proto.*\n/, '')
    .replace(/ ssl verify.*/, '')
    .replace(/(?: {2}server .*\n)+/, `${servers.join('\n')}\n`);
}
