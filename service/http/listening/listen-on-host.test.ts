import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer as createListener, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import {
  certificate,
  certificateKey,
  otherCertificate,
  otherKey,
} from '../../../test/support/certificate.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { createServer, type ServerDeps } from '../server.ts';
import { listenOnHost } from './listen-on-host.ts';

const running: { close(): unknown }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const one of running.splice(0)) await one.close();
});

/** Whether this system has the address. */
async function has(address: string): Promise<boolean> {
  const probe = createListener().listen(0, address);
  const there = await once(probe, 'listening').then(
    () => true,
    () => false,
  );
  if (there) probe.close();
  return there;
}
const second = (await has('::1')) ? '::1' : '127.0.0.2';
const urlHost = (address: string) => (address.includes(':') ? `[${address}]` : address);

interface Start {
  deps?: Partial<ServerDeps>;
  addresses?: readonly string[];
  port?: number;
}
async function start({ deps = {}, addresses = ['127.0.0.1', second], port = 0 }: Start = {}) {
  const warnings: { fields: object; message: string }[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (fields: object, message: string) => void warnings.push({ fields, message }),
  };
  const app = createServer({ log, ids: createIds(systemClock), ...deps });
  running.push(app);
  const entered: (() => void)[] = [];
  app.get('/x', async () => 'x');
  app.get('/slow', () => new Promise((resolve) => entered.push(() => resolve('done'))));
  const url = await listenOnHost(
    app,
    { host: 'localhost', port },
    { log, lookUp: async () => addresses.map((address) => ({ address })) },
  );
  const listened = Number(new URL(url).port);

  async function open(address: string): Promise<Socket> {
    const socket = connect(listened, address);
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  async function get(address: string, path = '/x', agent: Agent | false = false) {
    const ask = deps.tls ? httpsRequest : httpRequest;
    const outgoing = ask({ port: listened, host: address, path, agent, rejectUnauthorized: false } as object);
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    let text = '';
    for await (const piece of answer) text += piece;
    return text;
  }
  return { app, url, port: listened, open, get, entered, warnings };
}

const closed = (socket: Socket) => (socket.closed ? undefined : once(socket.resume(), 'close'));
const isOpen = (socket: Socket) => !socket.closed && !socket.readableEnded;
const bounds = (total: number, perAddress: number) => ({
  connections: {
    limits: { total, perAddress },
    sourceOf: (address: string) => address.replace('::ffff:', ''),
  },
});

test('a name with two addresses is listened on at both, and the connections of both are counted together', async () => {
  const { url, open, get } = await start({ deps: bounds(4, 4) });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect([await get('127.0.0.1'), await get(second)]).toEqual(['x', 'x']);
  const first = await open(second);
  const held = [await open(second), await open('127.0.0.1'), await open('127.0.0.1')];
  held.push(await open('127.0.0.1'));
  await closed(first);
  expect(held.map(isOpen)).toEqual([true, true, true, true]);
});

test('the share of one address holds on the second listener too', async () => {
  const { open, get } = await start({ deps: bounds(100, 2) });
  const first = await open(second);
  const held = [await open(second), await open(second)];
  await closed(first);
  expect(held.map(isOpen)).toEqual([true, true]);
  expect(await get('127.0.0.1')).toBe('x');
});

test('a head that does not end is cut off on the second listener too', async () => {
  const { open } = await start({ deps: { limits: { head: 40, request: 80, poll: 10 } } });
  const socket = await open(second);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Ha');
  await closed(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"TIMEOUT"/s);
});

test('a renewed certificate is shown on both', async () => {
  const tls = { cert: certificate, key: certificateKey };
  const { app, port, get } = await start({ deps: { tls, ...bounds(4, 4) } });
  const shown = async (host: string) => {
    const socket = connectTls({ port, host, rejectUnauthorized: false });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().subject.CN;
  };
  expect([await shown('127.0.0.1'), await shown(second)]).toEqual(['gatehouse.test', 'gatehouse.test']);
  (app.server as unknown as { setSecureContext(pair: object): void }).setSecureContext({
    cert: otherCertificate,
    key: otherKey,
  });
  expect([await shown('127.0.0.1'), await shown(second)]).toEqual([
    'gatehouse-renewed.test',
    'gatehouse-renewed.test',
  ]);
  expect(await get(second)).toBe('x');
});

test('a stop lets the requests of both end, closes idle connections and lets the ports go', async () => {
  const { app, port, get, open, entered } = await start();
  const agent = new Agent({ keepAlive: true });
  await get(second, '/x', agent);
  const half = await open(second);
  half.write('GET /x HTTP/1.1\r\nHost: x\r\nX-Ha');
  const slow = [get(second, '/slow', agent), get('127.0.0.1', '/slow')];
  await expect.poll(() => entered.length).toBe(2);
  let stopped = false;
  const stop = app.close().then(() => {
    stopped = true;
  });
  await closed(half);
  entered[1]!();
  entered[0]!();
  expect(await Promise.all(slow)).toEqual(['done', 'done']);
  await stop;
  expect(stopped).toBe(true);
  for (const address of ['127.0.0.1', second])
    await expect(once(connect(port, address), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  agent.destroy();
});

test('a second address that another program uses is logged, and the first is served', async () => {
  const port = await freePort();
  const other = createListener().listen(port, second);
  running.push(other);
  await once(other, 'listening');
  const { get, warnings } = await start({ port });
  expect(await get('127.0.0.1')).toBe('x');
  expect(warnings).toEqual([
    {
      fields: { address: second, port, code: 'EADDRINUSE' },
      message: `localhost is not listened on at ${urlHost(second)}:${port}: clients that choose this address do not reach the service`,
    },
  ]);
});

test('localhost is loopback only, whatever the resolver says', async () => {
  const { app, warnings, get } = await start({ addresses: ['0.0.0.0', '127.0.0.1', '127.0.0.1'] });
  expect((app.server.address() as AddressInfo).address).toBe('127.0.0.1');
  expect([await get('127.0.0.1'), warnings]).toEqual(['x', []]);
  await expect(start({ addresses: ['192.0.2.1'] })).rejects.toThrow(/"localhost" has no loopback address/);
});
