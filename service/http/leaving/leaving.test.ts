import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { siteOf, sourceOf } from '../../lib/source.ts';
import { createServer } from '../server.ts';
import { createPublicPace, pacePublic, publicRate } from './public-pace.ts';
import { shareDocument } from './unsent-bytes.ts';

const SIZE = 8 * 1024 * 1024;
const running: { close(): Promise<unknown> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of running.splice(0)) await app.close();
});

function make(more: Partial<Parameters<typeof createServer>[0]> = {}) {
  const app = createServer({
    access: recordedAccess(),
    log: silentLog,
    ids: createIds(systemClock),
    ...more,
  });
  running.push(app);
  return app;
}
/** A client that reads nothing until it is resumed, and its connection in the server. */
async function ask(app: ReturnType<typeof make>, text: string) {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const arrived = once(app.server, 'connection') as Promise<[Socket]>;
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.pause();
  socket.write(text);
  const [served] = await arrived;
  return { socket, served };
}
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test.each([
  ['a text', 'x'.repeat(SIZE)],
  ['a document of one buffer', shareDocument(Buffer.alloc(SIZE, 'x'))],
])(
  'an answer that is not read leaves one slice in its connection, and arrives whole once it is read: %s',
  async (_, body) => {
    const app = make();
    app.get('/large', { config: { access: 'public' } }, async (_request, reply) =>
      reply.type('text/plain').send(body),
    );
    const begun = once(app.server, 'request');
    const { socket, served } = await ask(app, get('/large'));
    await begun;
    await expect.poll(() => served.writableLength).toBeGreaterThan(0);
    // The head, and up to a slice more than the connection takes at once.
    expect(served.writableLength).toBeLessThan(3 * 64 * 1024);
    let size = 0;
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      head ||= chunk.toString('latin1').split('\r\n\r\n')[0]!;
      size += chunk.length;
    });
    socket.resume();
    await expect.poll(() => size, { timeout: 30_000 }).toBeGreaterThanOrEqual(SIZE);
    expect(head).toContain(`content-length: ${SIZE}`);
    expect(size).toBe(SIZE + head.length + 4);
  },
);

test('requests of one connection are worked on one after the other, and not once the caller has left', async () => {
  const app = make();
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  app.get<{ Params: { name: string } }>(
    '/work/:name',
    { config: { access: 'public' } },
    async ({ params }) => {
      begun.push(params.name);
      if (params.name === '1') await gate.promise;
      return params.name;
    },
  );
  const { socket, served } = await ask(app, ['1', '2', '3'].map((name) => get(`/work/${name}`)).join(''));
  await expect.poll(() => begun).toEqual(['1']);
  const gone = once(served, 'close');
  socket.destroy();
  await gone;
  gate.resolve();
  // A later caller is answered, so the hung-up one's turn has come and gone.
  expect((await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/work/4`)).status).toBe(
    200,
  );
  expect(begun).toEqual(['1', '4']);
});

test('requests sent without waiting are all answered in order, and more than 32 that wait end the connection', async () => {
  const app = make();
  app.get<{ Params: { name: string } }>(
    '/work/:name',
    { config: { access: 'public' } },
    async ({ params }) => `<${params.name}>`,
  );
  const names = Array.from({ length: 32 }, (_, at) => String(at));
  const { socket } = await ask(app, names.map((name) => get(`/work/${name}`)).join(''));
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  socket.resume();
  await expect.poll(() => text).toContain('<31>');
  expect([...text.matchAll(/<(\d+)>/g)].map(([, name]) => name)).toEqual(names);
  const { served } = await ask(app, get('/work/x').repeat(40));
  if (!served.destroyed) await once(served, 'close');
});

test('public routes are taken from one address at a pace; what is far ahead of it is refused', async () => {
  let now = 0;
  const waits: (() => void)[] = [];
  const app = make();
  const pace = createPublicPace({
    elapsed: () => now,
    wait: () => new Promise((resolve) => waits.push(resolve)),
  });
  pacePublic(app, pace, { sourceOf: (address) => address });
  app.get('/open', { config: { access: 'public' } }, async () => 'ok');
  app.get('/keyed', { config: { access: { key: 'identity' } } }, async () => 'ok');
  const from = (remoteAddress: string, url = '/open', headers = {}) =>
    app.inject({ url, remoteAddress, headers }).then(({ statusCode }) => statusCode);
  expect(await from('192.0.2.1', '/keyed', valid)).toBe(200);
  for (let i = 1; i < publicRate.burst; i++) await from('192.0.2.1');
  const ahead = Array.from({ length: 64 }, () => from('192.0.2.1'));
  await expect.poll(() => waits.length).toBe(64);
  expect(await from('192.0.2.1')).toBe(503);
  expect(await from('192.0.2.1', '/keyed', valid)).toBe(200);
  expect(await from('192.0.2.2')).toBe(200);
  for (const go of waits) go();
  expect(new Set(await Promise.all(ahead))).toEqual(new Set([200]));
  now += 1_000;
  expect(await from('192.0.2.1')).toBe(200);
});

test('an IPv6 site has the pace of four addresses, and one turn of those in a row', async () => {
  const app = make();
  const pace = createPublicPace({ elapsed: () => 0, wait: () => new Promise(() => {}) });
  pacePublic(app, pace, { sourceOf, siteOf });
  const order: string[] = [];
  app.get('/open', { config: { access: 'public' } }, async ({ ip }) => {
    order.push(ip);
    return 'ok';
  });
  await app.ready();
  const from = (remoteAddress: string) =>
    app.inject({ url: '/open', remoteAddress }).then(({ statusCode }) => statusCode);
  const site = Array.from({ length: 4 * publicRate.burst }, (_, at) => from(`2001:db8:7:${at % 64}::1`));
  const other = from('2001:db8:8::1');
  expect(new Set(await Promise.all([...site, other]))).toEqual(new Set([200]));
  expect(order.indexOf('2001:db8:8::1')).toBeLessThan(4);
  // Another network of the site waits; 256 may.
  for (let at = 0; at < 256; at++) void from(`2001:db8:7:${100 + at}::1`);
  expect(await from('2001:db8:7:99::1')).toBe(503);
  expect(await from('2001:db8:8::1')).toBe(200);
});

test.each(['/open', '/own'])(
  'hundreds of requests at once are taken in turns, and a caller from elsewhere does not wait for them all: %s',
  async (url) => {
    const app = make();
    pacePublic(app, createPublicPace({ elapsed: () => 0, wait: async () => {} }), {
      sourceOf: (address) => address,
    });
    const order: string[] = [];
    app.get('/open', { config: { access: 'public' } }, async ({ ip }) => {
      order.push(ip);
      return 'ok';
    });
    app.get('/own', { config: { access: 'identity' } }, async ({ ip }) => {
      order.push(ip);
      return 'ok';
    });
    await app.ready();
    const headers = { 'x-api-key': recordedKeys.live };
    const from = (remoteAddress: string) => app.inject({ url, remoteAddress, headers });
    const many = Array.from({ length: 300 }, (_, at) => from(`192.0.2.${1 + (at % 3)}`));
    const other = from('198.51.100.1');
    await Promise.all([...many, other]);
    expect(order).toHaveLength(301);
    expect(order.indexOf('198.51.100.1')).toBeLessThan(6);
  },
);

const connections = {
  limits: { total: Number.POSITIVE_INFINITY, perAddress: Number.POSITIVE_INFINITY },
  sourceOf,
  siteOf,
};
const junk = { 'x-api-key': 'gh_live_0123456789abcdefghijklmnopqrstuvwxyzab' };
const valid = { 'x-api-key': recordedKeys.live };

test.each([
  ['without a credential', '/open', {}],
  ['with an access token that is none', '/own', { authorization: 'Bearer a.b.c' }],
  ['with a key that is none', '/own', junk],
  ['with a key that every visitor has', '/own', { 'x-api-key': recordedKeys.browser }],
  ['who ask for the state', '/state', {}],
])(
  'strangers from hundreds of addresses hold up neither callers with a credential nor questions for the state: %s',
  async (_, url, headers) => {
    const app = make({ connections });
    app.get('/open', { config: { access: 'public' } }, async () => 'ok');
    app.get('/own', { config: { access: { key: 'identity', orKey: ['sessions'] } } }, async () => 'ok');
    app.get('/state', { config: { access: 'public', anyHost: true } }, async () => 'ok');
    let answered = 0;
    app.addHook('onResponse', async () => void answered++);
    const ask = (url: string, remoteAddress: string, headers: Record<string, string>) =>
      app.inject({ url, remoteAddress, headers }).then(() => answered);
    // From then on they are known.
    await ask('/own', '198.51.100.1', valid);
    await ask(url, '198.51.100.2', headers);
    answered = 0;
    const strangers = Array.from({ length: 300 }, (_, at) => ask(url, `192.0.${at}.1`, headers));
    const others = ['/own', '/state'].filter((one) => one !== url || one === '/own');
    const before = await Promise.all(others.map((one) => ask(one, '198.51.100.1', valid)));
    await Promise.all(strangers);
    expect(answered).toBe(300 + others.length);
    expect(Math.max(...before)).toBeLessThan(40);
  },
);

test('requests with an invalid credential have the pace of those without, and a key that is revoked has it from then on', async () => {
  const access = recordedAccess();
  let isRevoked = false;
  const app = make({
    connections,
    access: {
      ...access,
      async authenticate(input) {
        if (isRevoked) throw new Problem('INVALID_API_KEY', 'The API key is not valid.');
        return access.authenticate(input);
      },
    },
  });
  app.get('/own', { config: { access: 'identity' } }, async () => 'ok');
  const ask = async (headers: Record<string, string>, times = 1) => {
    const asked = Array.from({ length: times }, () => app.inject({ url: '/own', headers }));
    return new Set((await Promise.all(asked)).map(({ statusCode }) => statusCode));
  };
  expect(await ask(valid)).toEqual(new Set([200]));
  expect(await ask(junk, 3 * publicRate.burst)).toEqual(new Set([401, 503]));
  expect(await ask(valid, 3 * publicRate.burst)).toEqual(new Set([200]));
  isRevoked = true;
  expect(await ask(valid)).toEqual(new Set([401]));
  expect(await ask(valid, 3 * publicRate.burst)).toEqual(new Set([401, 503]));
});
