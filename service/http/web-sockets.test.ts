import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { WebsocketHandler } from '@fastify/websocket';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeSocket } from '../../test/support/fake-socket.ts';
import { recordedAccess } from '../../test/support/recorded-access.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { LET_IN } from './listening/connections.ts';
import { createServer } from './server.ts';
import { answerSocket, type Every, openWebSockets } from './web-sockets.ts';

let fake: ReturnType<typeof fakeSocket>;
let beat: (() => void) | undefined;
const every: Every = (_, work) => {
  beat = work;
  return () => {
    beat = undefined;
  };
};
beforeEach(() => {
  fake = fakeSocket();
  beat = undefined;
});
afterEach(() => fake.socket.emit('close'));

const open = () => answerSocket(fake.webSocket, { log: silentLog, fault: '', every });

test('a client that gives no sign of life between two beats is cut off', () => {
  open().admitted();
  beat!();
  fake.socket.emit('pong');
  beat!();
  fake.socket.emit('message');
  beat!();
  expect(fake.done).toEqual(['ping', 'ping', 'ping']);
  beat!();
  expect(fake.done.at(-1)).toBe('terminate');
});

test('what is over is closed at the next beat', async () => {
  let over = false;
  open().admitted(async () => over);
  beat!();
  over = true;
  fake.socket.emit('pong');
  beat!();
  await Promise.resolve();
  expect(fake.done).toEqual(['ping', 'ping', 'close 1000']);
  fake.socket.emit('close');
  expect(beat).toBeUndefined();
});

test('no beat before the caller is admitted, and none after the end', () => {
  const { admitted } = open();
  expect(beat).toBeUndefined();
  fake.socket.readyState = 3;
  admitted();
  expect(beat).toBeUndefined();
});

test('a client that does not read its answers is cut off', () => {
  const { say } = open();
  fake.socket.bufferedAmount = 256 * 1024;
  say({});
  expect(fake.done).toEqual(['send']);
  fake.socket.bufferedAmount++;
  say({});
  expect(fake.done).toEqual(['send', 'terminate']);
  fake.socket.emit('ping');
  expect(fake.done).toEqual(['send', 'terminate', 'terminate']);
});

/** A text of 10,000 letters. */
const text = frameOf(0x81, Buffer.alloc(10_000, 97));

/**
 * The same frame so many times to a server that answers none of them, `second` after the first; how many messages it took before it cut
 * the client off.
 */
async function takenOf(
  times: number,
  isLetIn: boolean,
  frame = text,
  second: Uint8Array = Buffer.alloc(0),
): Promise<number> {
  const app = createServer({ ids: createIds(systemClock), log: silentLog });
  await openWebSockets(app);
  let taken = 0;
  const all = Promise.withResolvers<void>();
  serveFrames(app, (socket) => {
    socket.on('message', () => {
      taken++;
      if (taken === 1 && isLetIn) socket.emit(LET_IN);
      if (taken === times) all.resolve();
    });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  const left = new Promise((resolve) => void client.once('close', resolve));
  // It is reset where it still sends.
  client.on('error', () => {});
  client.write(handshake());
  await once(client, 'data');
  client.resume();
  for (let sent = 0; sent < times; sent++) {
    client.write(frame);
    if (sent === 0) client.write(second);
  }
  await Promise.race([left, all.promise]);
  client.destroy();
  await app.close();
  return taken;
}

test('a client without a token is cut off after some kilobytes, one that was let in is not', async () => {
  expect(await takenOf(400, false)).toBeLessThan(30);
  expect(await takenOf(400, true)).toBe(400);
});

test('a client that was let in is cut off where it sends much more than frames', async () => {
  expect(await takenOf(5_000, true)).toBeLessThan(5_000);
});

test('so is one that sends very many small messages, pings or pongs', async () => {
  expect(await takenOf(30_000, true, frameOf(0x82, Buffer.alloc(1)))).toBeLessThan(20_000);
  for (const head of [0x89, 0x8a]) {
    const signs = Buffer.concat(Array.from({ length: 30_000 }, () => frameOf(head, Buffer.alloc(1))));
    expect(await takenOf(2, true, text, signs)).toBe(1);
  }
});

test('a message in a thousand parts is not put together', async () => {
  const first = frameOf(0x01, Buffer.from('a'));
  const parts = Array.from({ length: 1_000 }, () => frameOf(0x00, Buffer.from('a')));
  const last = frameOf(0x80, Buffer.from('a'));
  expect(await takenOf(1, false, Buffer.concat([first, ...parts, last]))).toBe(0);
});

test('a handshake behind a request that is not answered yet opens no socket, and its connection goes on', async () => {
  const app = createServer({ ids: createIds(systemClock), log: silentLog });
  await openWebSockets(app);
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  app.get('/slow', async () => {
    entered.resolve();
    await gate.promise;
    return 'slow';
  });
  serveFrames(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  client.setEncoding('latin1');
  client.write(`GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n${handshake()}`);
  await entered.promise;
  gate.resolve();
  let answers = '';
  for await (const text of client) {
    answers += text;
    if (answers.includes('no socket')) break;
  }
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  await app.close();
});

test('the connection of a handshake that is refused before its route is found is closed', async () => {
  const app = createServer({ ids: createIds(systemClock), log: silentLog });
  app.addHook('onRequest', async () => {
    throw new Problem('NOT_FOUND', 'Not here.');
  });
  await openWebSockets(app);
  serveFrames(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  client.write(handshake());
  const answer = await textOf(client);
  expect(answer).toMatch(/^HTTP\/1\.1 404 .*\r\nconnection: close\r\n.*Not here\./is);
  await app.close();
});

test('a handshake takes no room for bodies, whatever it announces', async () => {
  const app = createServer({
    ids: createIds(systemClock),
    log: silentLog,
    limits: { bodies: 4_000 },
    access: recordedAccess(),
  });
  await openWebSockets(app);
  serveFrames(app);
  app.post('/public', { config: { access: 'public' } }, async () => 'whole');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const clients = [];
  for (let i = 0; i < 8; i++) {
    const client = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + i}` });
    client.on('error', () => {});
    client.write(handshake('Content-Length: 250\r\n'));
    await once(client, 'data');
    clients.push(client);
  }
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${url}/public`, { method: 'POST', headers, body: '{}' })).status).toBe(200);
  for (const client of clients) client.destroy();
  await app.close();
});

/** Without a handshake it answers that there is no socket. */
const serveFrames = (app: ReturnType<typeof createServer>, wsHandler: WebsocketHandler = () => {}) =>
  app.route({
    method: 'GET',
    url: '/frames',
    exposeHeadRoute: false,
    config: { access: 'public' },
    handler: async () => 'no socket',
    wsHandler,
  });

/** `more`: further lines of its head. */
const handshake = (more = '') =>
  `GET /frames HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${more}\r\n`;

/** With a mask of zeros. */
function frameOf(head: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [128 | length] : [254, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([head, ...size]), Buffer.alloc(4), payload]);
}
