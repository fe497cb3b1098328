import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../../test/support/certificate.ts';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createServer, type ServerDeps } from '../server.ts';

const running: { close(): Promise<unknown> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of running.splice(0)) await app.close();
});

function make(more: Partial<ServerDeps> = {}) {
  const app = createServer({ log: silentLog, ids: createIds(systemClock), ...more });
  running.push(app);
  app.post('/body', async () => 'whole');
  app.get('/long', async () => 'x'.repeat(64 * 1024 * 1024));
  return app;
}

/** Sends `text` and nothing more; what came back until the server closed. */
async function sendOnly(app: ReturnType<typeof make>, text: string, read = true): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const closedByServer = once(app.server, 'connection').then(([socket]) => once(socket, 'close'));
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  let answer = '';
  if (read) socket.on('data', (chunk) => (answer += chunk));
  else socket.pause();
  socket.write(text);
  await closedByServer;
  if (read && !socket.closed) await once(socket, 'close');
  return answer;
}

const timedOut = /^HTTP\/1\.1 408 .*"code":"TIMEOUT"/s;
const soon = { head: 40, request: 80, poll: 10 };

test('a head that does not end is answered 408 and cut off', async () => {
  expect(await sendOnly(make({ limits: soon }), 'GET / HTTP/1.1\r\nHost: x\r\nX-Ha')).toMatch(timedOut);
});

test('a caller who sends nothing at all is cut off', async () => {
  expect(await sendOnly(make({ limits: soon }), '')).toMatch(timedOut);
});

test.each([
  ['of an announced length', 'Content-Length: 100\r\n\r\n{"a":'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'],
])('a body %s that stalls is answered 408 and cut off', async (_, rest) => {
  const head = 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  expect(await sendOnly(make({ limits: soon }), head + rest)).toMatch(timedOut);
});

/** A server that has room for 1,000 bytes of public bodies; `announce`: a body that does not come, from 127.0.0.x. */
async function withRoom(siteOf?: (address: string) => string | undefined) {
  const app = createServer({
    log: silentLog,
    ids: createIds(systemClock),
    limits: { bodies: 4_000 },
    access: recordedAccess(),
    connections: {
      limits: { total: 100, perAddress: 100 },
      sourceOf: (address) => address,
      ...(siteOf && { siteOf }),
    },
  });
  running.push(app);
  app.post('/public', { config: { access: 'public' } }, async () => 'whole');
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  async function announce(at: number, bytes: number): Promise<Socket> {
    const begun = once(app.server, 'request');
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${at}` });
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(
      `POST /public HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n{`,
    );
    await begun;
    return socket;
  }
  const send = () =>
    fetch(`${url}/public`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }).then(({ status }) => status);
  return { announce, send };
}

test('bodies that were announced and do not come leave room for others', async () => {
  const { announce, send } = await withRoom();
  for (let i = 0; i < 4; i++) await announce(2 + (i % 2), 250);
  for (let i = 0; i < 3; i++) expect(await send()).toBe(200);
});

test('bodies of one IPv6 site give way before that of an address with fewer', async () => {
  const { announce, send } = await withRoom((address) => (address < '127.0.0.6' ? 'site' : undefined));
  const alone = await announce(9, 360);
  for (let at = 2; at < 6; at++) await announce(at, 160);
  expect(await send()).toBe(200);
  alone.write(`${' '.repeat(358)}}`);
  const [answer] = await Promise.race([once(alone, 'data'), once(alone, 'close')]);
  expect(String(answer)).toContain('200 OK');
});

test('a TLS handshake that is not begun is cut off', async () => {
  const app = make({ limits: soon, tls: { cert: certificate, key: certificateKey } });
  expect(await sendOnly(app, '')).toBe('');
});

test('a caller who does not read the answer is cut off', async () => {
  await sendOnly(make({ limits: { silent: 100 } }), 'GET /long HTTP/1.1\r\nHost: x\r\n\r\n', false);
});

test('a connection that is silent between two requests is closed', async () => {
  const app = make({ limits: { keepAlive: 20 } });
  const answer = await sendOnly(app, 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
});

test.each([
  ['HTTP', {}],
  ['HTTPS', { tls: { cert: certificate, key: certificateKey } }],
])('the times of a service over %s', (_, more) => {
  expect(make(more).server).toMatchObject({
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    timeout: 120_000,
    connectionsCheckingInterval: 5_000,
  });
});
