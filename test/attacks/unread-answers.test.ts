import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { fullSize } from './size.ts';

/** From four addresses, within the bound for each. */
const READERS = fullSize ? 1_000 : 240;
const MEGABYTE = 1024 * 1024;

let cli: Cli;
const sockets: Socket[] = [];
beforeEach(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Museum');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await cli.clean();
});

const residentOf = ({ child }: Service): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024;

/** Asks for `path`, and reads no more than the first of its bytes. */
async function ask(port: number, path: string, from: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  sockets.push(socket);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, 'readable');
}

test.skipIf(process.platform !== 'linux')(
  `${READERS} callers who do not read a document of four megabytes take no memory of the service, and others are answered`,
  async () => {
    const path = '/docs/js/scalar.js';
    const service = await cli.serve('--log-level', 'warn');
    expect((await fetch(`${service.url}${path}`)).status).toBe(200);
    const idle = residentOf(service);
    const port = Number(new URL(service.url).port);
    await Promise.all(
      Array.from({ length: READERS }, (_, number) => ask(port, path, `127.0.0.${2 + (number % 4)}`)),
    );
    expect((residentOf(service) - idle) / MEGABYTE).toBeLessThan(300);
    expect((await fetch(`${service.url}/ready`)).status).toBe(200);
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  },
);
