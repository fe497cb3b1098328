import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import type { FrameAnswer } from '../../engine/matching/index.ts';
import { createServer } from '../../http/server.ts';
import { openWebSockets } from '../../http/web-sockets.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createCapturesDoor } from './index.ts';

let app: ReturnType<typeof createServer>;
let port: number;
let closed: number;
let asked: string[];
let answer: (frame: Uint8Array) => Promise<FrameAnswer>;
let over: boolean;
let beat: () => void;

beforeEach(async () => {
  closed = 0;
  asked = [];
  over = false;
  answer = async () => ({ is: 'guidance', good: true, passed: [] });
  app = createServer({ access: recordedAccess(), ids: createIds(systemClock), log: silentLog });
  app.post('/echo', { config: { access: 'public' } }, async ({ body }) => body);
  await openWebSockets(app);
  await app.register(
    createCapturesDoor({
      log: silentLog,
      every(_, work) {
        beat = work;
        return () => {};
      },
      captures: {
        connect(token) {
          asked.push(token);
          if (token === 'taken') throw new Problem('CONFLICT', 'Taken.');
          if (token !== 'good') throw new Problem('MISSING_AUTH', 'Ended.');
          return {
            capture: 'cap_1' as never,
            submitFrame: (frame) => answer(frame),
            isOver: () => over,
            close: () => void closed++,
          };
        },
      },
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
});
afterEach(() => app.close());

/** A browser's connection: its messages one at a time, then its close code. */
function connect(headers: Record<string, string> = { origin: `http://127.0.0.1:${port}` }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/captures/live`, { headers } as never);
  const received: unknown[] = [];
  let wake = Promise.withResolvers<void>();
  const put = (value: unknown) => {
    received.push(value);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.onmessage = ({ data }) => put(JSON.parse(data));
  socket.onclose = ({ code }) => put(code);
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  return {
    socket,
    opened,
    async next() {
      while (received.length === 0) await wake.promise;
      return received.shift();
    },
  };
}

const frame = new Uint8Array([0xff, 0xd8]);

test('the token comes first, then each frame is answered', async () => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send('{"token":"good"}');
  expect(await next()).toEqual({ is: 'ready' });
  socket.send(frame);
  expect(await next()).toEqual({ is: 'guidance', good: true, passed: [] });
  answer = async () => {
    throw new Problem('IMAGE_UNREADABLE', 'The picture cannot be read.');
  };
  socket.send(frame);
  expect(await next()).toEqual({
    is: 'refused',
    code: 'IMAGE_UNREADABLE',
    message: 'The picture cannot be read.',
  });
  answer = async () => {
    throw new Problem('OVERLOADED', 'Busy.');
  };
  socket.send(frame);
  expect(await next()).toEqual({ is: 'dropped' });
  answer = async () => {
    throw new Problem('MISSING_AUTH', 'Ended.');
  };
  socket.send(frame);
  expect(await next()).toEqual({ is: 'ended', code: 'MISSING_AUTH', message: 'Ended.' });
  expect([await next(), closed]).toEqual([4401, 1]);
});

test('frames that are sent before their answer came are not looked at', async () => {
  const held = Promise.withResolvers<FrameAnswer>();
  let looked = 0;
  answer = () => {
    looked++;
    return held.promise;
  };
  const { socket, opened, next } = connect();
  await opened;
  socket.send('{"token":"good"}');
  await next();
  for (let sent = 0; sent < 50; sent++) socket.send(frame);
  // Read after all of them, and answered at once.
  socket.send('no frame');
  expect(await next()).toMatchObject({ is: 'ended', code: 'INVALID_REQUEST' });
  expect(looked).toBe(3);
  held.resolve({ is: 'dropped' });
});

test('a connection whose session has ended is closed, also where no frame comes', async () => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send('{"token":"good"}');
  await next();
  over = true;
  beat();
  expect(await next()).toBe(1000);
});

test.each([
  ['{"token":"guessed"}', 'MISSING_AUTH', 4401],
  ['{"token":"taken"}', 'CONFLICT', 4409],
  ['{"token":', 'INVALID_REQUEST', 4401],
  ['{"token":"good","more":1}', 'INVALID_REQUEST', 4401],
  [frame, 'INVALID_REQUEST', 4401],
])('the first message %s is refused', async (first, code, closing) => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send(first);
  expect(await next()).toMatchObject({ is: 'ended', code });
  expect(await next()).toBe(closing);
});

test('a frame larger than any frame ends the connection, and its session is free again', async () => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send('{"token":"good"}');
  await next();
  socket.send(new Uint8Array(300 * 1024));
  expect(await next()).toEqual(expect.any(Number));
  await expect.poll(() => closed).toBe(1);
});

test.each([
  ['of another site', { origin: 'https://evil.example' }],
  ['of another port', { origin: 'http://127.0.0.1:1' }],
  ['of a sandboxed page', { origin: 'null' }],
  ['of no page', {}],
])('a connection %s is not opened', async (_name, headers) => {
  const { next } = connect(headers as Record<string, string>);
  expect(await next()).toBe(1006);
});

test('without WebSocket a page posts frame by frame', async () => {
  const send = (headers: Record<string, string>, body: Uint8Array | string = frame) =>
    fetch(`http://127.0.0.1:${port}/api/captures/frames`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg', ...headers },
      body: body as never,
    });
  const good = await send({ 'x-capture-token': 'good' });
  expect([good.status, await good.json(), closed]).toEqual([
    200,
    { is: 'guidance', good: true, passed: [] },
    1,
  ]);
  const refused = [
    await send({}),
    await send({ 'x-capture-token': 'guessed' }),
    await send({ 'x-capture-token': 'good', origin: 'https://evil.example' }),
    await send({ 'x-capture-token': 'good', 'content-type': 'application/json' }, '{}'),
    await send({ 'x-capture-token': 'good' }, new Uint8Array(300 * 1024)),
  ];
  expect(
    await Promise.all(
      refused.map(async (one) => `${one.status} ${((await one.json()) as { code: string }).code}`),
    ),
  ).toEqual([
    '401 MISSING_AUTH',
    '401 MISSING_AUTH',
    '403 ORIGIN_NOT_ALLOWED',
    '415 UNSUPPORTED_MEDIA_TYPE',
    '413 PAYLOAD_TOO_LARGE',
  ]);
});

test.each(['h2c', 'websocket'])(
  'a request elsewhere that offers %s is answered as any other',
  async (upgrade) => {
    const sent = request({
      port,
      path: '/echo',
      method: 'POST',
      headers: { connection: 'upgrade', upgrade, 'content-type': 'application/json', 'content-length': '9' },
    });
    sent.end('{"one":1}');
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    expect([response.statusCode, Buffer.concat(chunks).toString()]).toEqual([200, '{"one":1}']);
  },
);

test('the address answers what it is to a request that is no WebSocket', async () => {
  const reply = await fetch(`http://127.0.0.1:${port}/api/captures/live`);
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([400, 'INVALID_REQUEST']);
});

test('stopping the server ends the connections', async () => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send('{"token":"good"}');
  await next();
  await app.close();
  expect(await next()).toEqual(expect.any(Number));
});

test('after a refused token nothing that still comes is looked at', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/captures/live`, {
    headers: { origin: `http://127.0.0.1:${port}` },
  } as never);
  await once(socket, 'open');
  for (let sent = 0; sent < 5; sent++) socket.send(JSON.stringify({ token: `wrong ${sent}` }));
  await once(socket, 'close');
  expect(asked).toEqual(['wrong 0']);
});
