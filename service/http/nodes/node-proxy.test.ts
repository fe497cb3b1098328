import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, connect as dial, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../test/cluster/free-port.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createServer } from '../server.ts';
import { openWebSockets } from '../web-sockets.ts';
import type { NodeAffinity } from './node-affinity.ts';
import { sharedCredentials } from './node-credentials.ts';
import { createNodeProxy } from './node-proxy.ts';

const names = ['a', 'b'] as const;
type Name = (typeof names)[number];
let addresses: Record<Name, string>;
let urls: Record<Name, string>;
let closers: (() => Promise<void>)[];
/** Work that each has in memory. */
let held: Record<Name, Set<string>>;
/** Of which the database says so. */
let gone: Set<Name>;
/** Addresses that each found of its callers. */
let callers: Record<Name, string[]>;

const linkOf = (id: string) => ({ id, keyOf: (run: string) => Buffer.from(`${id} of ${run}`.padEnd(32)) });
let shown: string;
const shared = { shown: () => linkOf(shown), accepted: linkOf };
/** Connections on which requests for `/here` came. */
let connections: Set<Socket>;

const affinity = (self: Name): NodeAffinity => ({
  always: async ({ headers }) => {
    if (headers['x-slow']) {
      looking++;
      await released;
    }
    return headers['x-node'] as string | undefined;
  },
  routes: {
    '/body': { body: async ({ body }) => (body as { node: string }).node },
    '/held/:id': { isHere: ({ params }) => held[self].has((params as { id: string }).id) },
    '/list': { gathers: true },
    '/socket': { socket: (token) => token },
  },
});

async function serve(self: Name): Promise<void> {
  const credentials = sharedCredentials(self, shared);
  const peers = {
    isSelf: (name: string) => name === self,
    addressOf: async (name: string) => addresses[name as Name],
    others: async () =>
      names.filter((name) => name !== self && !gone.has(name)).map((name) => addresses[name]),
  };
  const hops = createNodeProxy({ peers, credentials, affinity: affinity(self), log: silentLog });
  const app = createServer({ ids: createIds(systemClock), log: silentLog, nodes: hops });
  await openWebSockets(app, hops);
  app.addHook('onRequest', async ({ ip }) => void callers[self].push(ip));
  app.all('/here', async ({ id, ip, protocol, host, body, socket }) => {
    connections.add(socket);
    return { self, id, ip, protocol, host, body };
  });
  app.post('/body', async ({ body }) => ({ self, body }));
  app.get('/held/:id', async () => ({ self }));
  app.get('/list', async () => ({ items: [...held[self]].map((id) => ({ id, self })), next: null }));
  app.get('/late', async () => released);
  app.get('/stream', async (_, reply) => {
    reply.type('text/event-stream').header('set-cookie', ['one=1', 'two=2']);
    async function* lines() {
      yield 'first\n';
      await released;
      yield 'second\n';
    }
    return reply.send(Readable.from(lines()));
  });
  app.route({
    method: 'GET',
    url: '/socket',
    handler: async () => '',
    wsHandler: (socket) =>
      socket.on('message', (data: Buffer) =>
        String(data) === 'end' ? socket.close(4401) : socket.send(`${self} ${data}`),
      ),
  });
  hops.listen(app, addresses[self]);
  closers.push(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  urls[self] = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** Requests whose node is looked for. */
let looking: number;
let released: Promise<void>;
let release: () => void;
beforeEach(async () => {
  ({ promise: released, resolve: release } = Promise.withResolvers<void>());
  const address = async () => `https://127.0.0.1:${await freePort()}`;
  addresses = { a: await address(), b: await address() };
  urls = { a: '', b: '' };
  held = { a: new Set(['both']), b: new Set(['both', 'of b']) };
  gone = new Set();
  callers = { a: [], b: [] };
  shown = 'link';
  connections = new Set();
  looking = 0;
  closers = [];
  for (const name of names) await serve(name);
});
afterEach(async () => {
  release();
  for (const close of closers) await close();
});

async function ask(path: string, init: RequestInit = {}) {
  const reply = await fetch(`${urls.a}${path}`, init);
  return {
    status: reply.status,
    headers: reply.headers,
    body: (await reply.json()) as Record<string, unknown>,
  };
}
const json = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

test('a request is answered by its node as if the caller had sent it there', async () => {
  const { host } = new URL(urls.a);
  const sent = { ...json({ large: 'x'.repeat(200_000) }) };
  const { body } = await ask('/here', {
    ...sent,
    headers: { ...sent.headers, 'x-node': 'b', 'x-request-id': 'req-of-caller' },
  });
  expect(body).toEqual({
    self: 'b',
    id: 'req-of-caller',
    ip: '127.0.0.1',
    protocol: 'http',
    host,
    body: JSON.parse(sent.body),
  });
  expect((await ask('/here', { headers: { 'x-node': 'a' } })).body).toMatchObject({ self: 'a' });
  expect((await ask('/here', { headers: { 'x-node': 'gone' } })).body).toMatchObject({ self: 'a' });
  expect((await fetch(`${urls.a}/here`, { method: 'HEAD', headers: { 'x-node': 'b' } })).status).toBe(200);
});

test('of callers who leave while their node is looked for no connection stays', async () => {
  const atOther = new Set<Socket>();
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === Number(new URL(addresses.b).port)) atOther.add(socket);
  };
  subscribe('net.server.socket', note);
  for (let i = 1; i <= 3; i++) {
    const socket = dial(Number(new URL(urls.a).port), '127.0.0.1', () =>
      socket.write('GET /here HTTP/1.1\r\nHost: x\r\nX-Node: b\r\nX-Slow: 1\r\n\r\n'),
    );
    await expect.poll(() => looking).toBe(i);
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
  }
  // The service has noticed it by the time it has answered another caller.
  await ask('/here', { headers: { 'x-node': 'a' } });
  release();
  expect((await ask('/here', { headers: { 'x-node': 'b', 'x-slow': '1' } })).body).toMatchObject({
    self: 'b',
  });
  unsubscribe('net.server.socket', note);
  const open = () => [...atOther].filter((socket) => !socket.destroyed).length;
  // That of the last one is kept for the next.
  await expect.poll(open).toBe(1);
  expect(callers.b).toHaveLength(1);
});

test('refusals of its node come as they are, and the connection of the caller goes on', async () => {
  const order = { method: 'POST', headers: { 'x-node': 'b', 'content-type': 'application/json' } };
  for (const body of ['{', 'x'.repeat(3 * 1024 * 1024)])
    expect(await ask('/here', { ...order, body })).toMatchObject({ body: { code: expect.any(String) } });
  expect((await ask('/here', { headers: { 'x-node': 'b' } })).body).toMatchObject({ self: 'b' });
});

test('nothing that a caller sends makes a request one of a node', async () => {
  const hop = JSON.stringify({ address: '203.0.113.9', secure: true, host: 'evil.example' });
  const direct = await ask('/here', { headers: { 'x-gatehouse-hop': hop } });
  expect(direct.body).toMatchObject({ ip: '127.0.0.1', protocol: 'http' });
  const passed = await ask('/here', {
    headers: { 'x-gatehouse-hop': hop, 'x-forwarded-for': '203.0.113.9', 'x-node': 'b' },
  });
  expect(passed.body).toMatchObject({ self: 'b', ip: '127.0.0.1', protocol: 'http' });
  expect(callers.b).toEqual(['127.0.0.1']);
});

test('a stream comes as it is made', async () => {
  const reply = await fetch(`${urls.a}/stream`, { headers: { 'x-node': 'b' } });
  expect([reply.headers.get('content-type'), reply.headers.getSetCookie()]).toEqual([
    'text/event-stream',
    ['one=1', 'two=2'],
  ]);
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe('first\n');
  release();
  expect((await reader.read()).value).toBe('second\n');
  expect((await reader.read()).done).toBe(true);
});

test('no connection stays of a secret that was renewed, but those with a request', async () => {
  const order = { headers: { 'x-node': 'b' } };
  await ask('/here', order);
  const stream = await fetch(`${urls.a}/stream`, order);
  for (const id of ['second', 'third']) {
    shown = id;
    await ask('/here', order);
  }
  // Before they would end by themselves, idle.
  const isOver = () => [...connections].map(({ destroyed }) => destroyed);
  await expect.poll(isOver, { timeout: 10_000 }).toEqual([false, true, false]);
  release();
  expect(await stream.text()).toBe('first\nsecond\n');
  await expect.poll(isOver, { timeout: 10_000 }).toEqual([true, true, false]);
});

test('the body says the node, or the others are asked', async () => {
  expect((await ask('/body', json({ node: 'b', more: [1] }))).body).toEqual({
    self: 'b',
    body: { node: 'b', more: [1] },
  });
  expect((await ask('/held/of%20b')).body).toEqual({ self: 'b' });
  expect((await ask('/held/both')).body).toEqual({ self: 'a' });
  expect((await ask('/held/nowhere')).body).toEqual({ self: 'a' });
});

test('a list has what each of them has, once', async () => {
  expect((await ask('/list')).body).toEqual({
    items: [
      { id: 'both', self: 'a' },
      { id: 'of b', self: 'b' },
    ],
    next: null,
  });
});

test('a socket is relayed by its first message, with its end', async () => {
  const messages: string[] = [];
  const socket = new WebSocket(`${urls.a.replace('http', 'ws')}/socket`);
  socket.onmessage = ({ data }) => void messages.push(String(data));
  socket.onopen = () => {
    for (const message of ['{"token":"b"}', 'and', 'more']) socket.send(message);
  };
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  await expect.poll(() => messages).toEqual(['b {"token":"b"}', 'b and', 'b more']);
  socket.send('end');
  expect(await closed).toBe(4401);
  const here = new WebSocket(`${urls.a.replace('http', 'ws')}/socket`);
  const first = new Promise((resolve) => {
    here.onmessage = ({ data }) => resolve(data);
  });
  here.onopen = () => here.send('{"token":"a"}');
  expect(await first).toBe('a {"token":"a"}');
  here.close();
});

test('a connection without a request holds up no stop', async () => {
  const { hostname: host, port } = new URL(addresses.a);
  const { client } = sharedCredentials('b', shared);
  await once(
    connect({ host, port: Number(port), ...client }).on('error', () => {}),
    'secureConnect',
  );
});

test('connections that show nothing make room for others, and for those of nodes', async () => {
  const { hostname: host, port } = new URL(addresses.b);
  let cut = 0;
  const strangers: Socket[] = Array.from({ length: 600 }, () =>
    dial({ host, port: Number(port) })
      .on('error', () => {})
      .on('close', () => void cut++),
  );
  await expect.poll(() => cut, { timeout: 4_000 }).toBe(600 - 512);
  expect((await ask('/here', { headers: { 'x-node': 'b' } })).body).toMatchObject({ self: 'b' });
  for (const stranger of strangers) stranger.destroy();
});

test('a node that does not answer is said to, and not waited for', async () => {
  const [, closeB] = closers;
  closers = [closers[0]!];
  await closeB!();
  expect(await ask('/here', { headers: { 'x-node': 'b' } })).toMatchObject({
    status: 503,
    body: { code: 'OVERLOADED', error: expect.stringContaining('does not answer') },
  });
  expect((await ask('/list')).body).toMatchObject({ items: [{ id: 'both' }] });
});

test('a node that is gone without closing a connection is not waited for', async () => {
  const order = { headers: { 'x-node': 'b' } };
  await ask('/here', order);
  const late = ask('/late', order);
  const stream = await fetch(`${urls.a}/stream`, order);
  const socket = new WebSocket(`${urls.a.replace('http', 'ws')}/socket`);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  const relayed = new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  socket.onopen = () => socket.send('{"token":"b"}');
  await relayed;
  gone.add('b');
  expect(await late).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
  await expect(stream.text()).rejects.toThrow();
  expect(await closed).toBe(1011);
});
