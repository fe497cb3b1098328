import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listen } from '../../test/support/listener.ts';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import { createOutgoing } from './create-outgoing.ts';
import type { Outgoing, OutgoingRequest } from './outgoing.ts';

let outgoing: Outgoing;
let timers: ReturnType<typeof createManualTimers>;
let stops: (() => Promise<unknown>)[];

beforeEach(() => {
  timers = createManualTimers();
  outgoing = createOutgoing({ after: timers.after });
  stops = [];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  await outgoing.close();
});

async function start(server: Parameters<typeof listen>[0], address?: string, port?: number) {
  const listener = await listen(server, address, port);
  stops.push(listener.stop);
  return listener;
}
const http = (answer: RequestListener) => start(createServer(answer));
const tcp = (talk: (socket: Socket) => void) => start(createTcpServer(talk));

const post = (port: number, more: Partial<OutgoingRequest> = {}) =>
  outgoing.post({
    url: new URL(`http://hooks.example.test:${port}/in?a=b%20c`),
    address: '127.0.0.1',
    headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
    body: new TextEncoder().encode('{"ä":1}'),
    timeout: 15_000,
    keep: 1_000,
    ...more,
  });

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('what arrives is what was given, for the host of the URL; nothing is offered or added beside', async () => {
  let seen: unknown;
  const { port } = await http(async (request, response) => {
    const { method, url, headers } = request;
    seen = { method, url, headers, body: await bodyOf(request) };
    response.writeHead(202, { 'x-a': ['1', '2'], date: 'now' }).end('taken');
  });
  expect(await post(port)).toEqual({
    status: 202,
    headers: {
      'x-a': '1, 2',
      date: 'now',
      connection: 'keep-alive',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
    },
    body: 'taken',
    truncated: false,
  });
  expect(seen).toEqual({
    method: 'POST',
    url: '/in?a=b%20c',
    headers: {
      host: `hooks.example.test:${port}`,
      connection: 'keep-alive',
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
      'content-length': '8',
    },
    body: '{"ä":1}',
  });
  expect(timers.running()).toEqual([]);
});

test('a redirect is an answer like any other, and a proxy of the environment is not asked', async () => {
  const elsewhere = await http((_, response) => response.end());
  const { port } = await http((_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
  );
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${elsewhere.port}`);
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  try {
    expect(await post(port)).toMatchObject({ status: 302, body: '' });
  } finally {
    vi.unstubAllEnvs();
  }
  expect(elsewhere.connections()).toBe(0);
});

test.each([200, 204, 400, 410, 429, 500, 503])('the status %i is given as it is', async (status) => {
  const { port } = await http((_, response) => response.writeHead(status, { 'retry-after': '7' }).end());
  expect(await post(port)).toMatchObject({ status, headers: { 'retry-after': '7' } });
});

describe('of the answer', () => {
  test.each([
    ['less than is kept', 'abc', { body: 'abc', truncated: false }],
    ['as much as is kept', 'a'.repeat(1_000), { body: 'a'.repeat(1_000), truncated: false }],
    ['more than is kept', 'a'.repeat(1_001), { body: 'a'.repeat(1_000), truncated: true }],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0x62]), { body: 'a\ufffdb', truncated: false }],
  ])('%s', async (_, body, expected) => {
    const { port } = await http((_request, response) =>
      response.writeHead(200, { 'content-length': body.length }).end(body),
    );
    expect(await post(port)).toMatchObject(expected);
  });

  test('no more is read than is kept, of one that never ends', async () => {
    const ended = Promise.withResolvers<void>();
    const { port } = await http((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', more).on('close', () => ended.resolve());
      more();
    });
    expect(await post(port)).toMatchObject({ status: 200, body: 'x'.repeat(1_000), truncated: true });
    await ended.promise;
  });

  test('one that stops short of its end is a timeout, and the connection is given up', async () => {
    const ended = Promise.withResolvers<void>();
    const { port } = await http((_, response) => {
      response.on('close', () => ended.resolve());
      response.write('some', () => timers.expire());
    });
    await expect(post(port)).rejects.toMatchObject({
      failure: 'timeout',
      message: 'The whole answer was not there within 15 s.',
    });
    await ended.promise;
  });

  test('one that breaks off before its end is a reset', async () => {
    const { port } = await http((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('some', () => response.destroy());
    });
    await expect(post(port)).rejects.toMatchObject({ failure: 'reset' });
  });
});

describe('interim responses before the one that counts', () => {
  const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
  test.each([
    ['103', [early + final]],
    ['102 and 103', [`HTTP/1.1 102 Processing\r\n\r\n${early}`, final]],
    ['100 that was not asked for', [`HTTP/1.1 100 Continue\r\n\r\n${final}`]],
    ['100 of HTTP/1.0, with a field', [`HTTP/1.0 100 Continue\r\nDate: now\r\n\r\n${final}`]],
    ['100 twice, then 103', [`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2)}${early}`, final]],
    ['100 byte by byte', [...`HTTP/1.1 100 Continue\r\n\r\n${final}`]],
    ['none, byte by byte', [...final]],
  ])('%s', async (_, pieces) => {
    const { port } = await tcp((socket) => {
      socket.setNoDelay(true);
      socket.on('data', async () => {
        for (const piece of pieces) await new Promise<void>((sent) => socket.write(piece, () => sent()));
      });
    });
    // Twice on one connection.
    for (const _again of [1, 2]) expect(await post(port)).toMatchObject({ status: 200, body: 'ok' });
  });

  test('100 and then nothing is a reset; 100 without an end is waited for no longer than any answer', async () => {
    const ending = await tcp((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 100 Continue\r\n\r\n')),
    );
    await expect(post(ending.port)).rejects.toMatchObject({ failure: 'reset' });
    const endless = await tcp((socket) =>
      socket.on('data', () => socket.write(`HTTP/1.1 100 ${'a'.repeat(20_000)}`, () => timers.expire())),
    );
    await expect(post(endless.port)).rejects.toMatchObject({ failure: 'timeout' });
  });
});

describe('of an answer no more than 128 kB is read, whichever part of it goes on', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  const long = 'a'.repeat(256 * 1024);
  test.each([
    ['100', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(12_000)}${ok}Content-Length: 0\r\n\r\n`],
    ['103', `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(12_000)}${ok}Content-Length: 0\r\n\r\n`],
    ['the reason of its status', `HTTP/1.1 200 ${long}\r\nContent-Length: 0\r\n\r\n`],
    ['the extension of a chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n1;${long}\r\na\r\n0\r\n\r\n`],
  ])('%s', async (_, answer) => {
    const written = Promise.withResolvers<void>();
    const { port } = await tcp((socket) =>
      socket.on('data', () => socket.write(answer, () => written.resolve())),
    );
    const taken = post(port).catch((error: unknown) => error);
    await written.promise;
    const other = await http((_request, response) => response.end());
    // Meanwhile all of it would have been read.
    for (let times = 0; times < 20; times++)
      expect(await post(other.port)).toMatchObject({ status: 200, body: '' });
    timers.expire();
    expect(await taken).toMatchObject({ failure: 'timeout' });
  });
});

describe('a server that', () => {
  test('does not answer is a timeout', async () => {
    const { port } = await http(() => timers.expire());
    await expect(post(port)).rejects.toMatchObject({ failure: 'timeout' });
  });

  test('never ends its handshake is a timeout when the time is up, not when the connection is', async () => {
    const { port } = await tcp(() => timers.expire());
    await expect(post(port, { url: new URL(`https://hooks.example.test:${port}/in`) })).rejects.toMatchObject(
      {
        failure: 'timeout',
      },
    );
  });

  test('keeps hundreds waiting at one path answers at another', async () => {
    const many = 300;
    let waiting = 0;
    const all = Promise.withResolvers<void>();
    const { port } = await http((request, response) => {
      if (request.url === '/fast') return response.end('fast');
      if (++waiting === many) all.resolve();
    });
    const at = (path: string) => post(port, { url: new URL(`http://hooks.example.test:${port}${path}`) });
    const slow = Array.from({ length: many }, () => at('/slow').catch((error: unknown) => error));
    await all.promise;
    expect(await at('/fast')).toMatchObject({ body: 'fast' });
    timers.expire();
    await Promise.all(slow);
  });

  test('does not answer while the service stops', async () => {
    const stop = new AbortController();
    const { port } = await http(() => stop.abort());
    await expect(post(port, { signal: stop.signal })).rejects.toMatchObject({ failure: 'aborted' });
    await expect(post(port, { signal: stop.signal })).rejects.toMatchObject({ failure: 'aborted' });
  });

  test('closes at once, resets, or leaves HTTP', async () => {
    const closing = await tcp((socket) => void socket.end());
    await expect(post(closing.port)).rejects.toMatchObject({ failure: 'reset' });
    const resetting = await tcp((socket) => void socket.on('data', () => socket.resetAndDestroy()));
    await expect(post(resetting.port)).rejects.toMatchObject({ failure: 'reset' });
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n';
    const leaving = await tcp((socket) => void socket.once('data', () => socket.write(upgrade)));
    await expect(post(leaving.port)).rejects.toMatchObject({ failure: 'reset' });
  });

  test('is not there', async () => {
    const { port, stop } = await listen(createTcpServer());
    await stop();
    await expect(post(port)).rejects.toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('No server listens there'),
    });
  });

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['too many headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}\r\n`],
    ['a header that is too long', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}\r\n\r\n`],
  ])('speaks %s', async (_, bytes) => {
    const { port } = await tcp((socket) => void socket.once('data', () => socket.end(bytes)));
    await expect(post(port)).rejects.toMatchObject({ failure: 'protocol' });
  });
});

test('connections are kept for the next post, but for no other address or host', async () => {
  const first = await http((_, response) => response.end('first'));
  const second = await start(
    createServer((_, response) => void response.end('second')),
    '127.0.0.2',
    first.port,
  );
  for (let i = 0; i < 10; i++) expect(await post(first.port)).toMatchObject({ body: 'first' });
  const kept = first.connections();
  // The second where a post begins before the one before it has put its connection back.
  expect(kept).toBeLessThanOrEqual(2);
  expect(await post(first.port, { address: '127.0.0.2' })).toMatchObject({ body: 'second' });
  expect([first.connections(), second.connections()]).toEqual([kept, 1]);
  const url = new URL(`http://other.example.test:${first.port}/`);
  expect(await post(first.port, { url })).toMatchObject({ body: 'first' });
  expect([first.connections(), second.connections()]).toEqual([kept + 1, 1]);
});

describe('a kept connection that the server closes on a request', () => {
  /** Answers the first request of a connection, and does this at the second; gives what the requests said. */
  async function closing(close: (socket: Socket) => void) {
    const seen: string[] = [];
    const closed: string[] = [];
    const { port } = await tcp((socket) => {
      let before = 0;
      socket.on('data', (bytes) => {
        const [id = ''] = /evt_\d+/.exec(String(bytes)) ?? [];
        seen.push(id);
        if (before++ === 0) return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        closed.push(id);
        return close(socket);
      });
    });
    return { port, seen, closed };
  }
  const send = (port: number, id: number) =>
    post(port, { headers: { 'webhook-id': `evt_${id}` } }).catch(({ failure }) => failure);

  test.each([
    ['ends it', (socket: Socket) => socket.end()],
    ['resets it', (socket: Socket) => socket.resetAndDestroy()],
  ])('and %s: sent once more on another, by the same id', async (_, close) => {
    const { port, seen, closed } = await closing(close);
    // A post that begins before the one before it has put its connection back has one of its own.
    let posts = 0;
    while (closed.length === 0) expect(await send(port, ++posts)).toMatchObject({ status: 200, body: 'ok' });
    expect(seen.filter((id) => id === closed[0])).toHaveLength(2);
    expect(seen).toHaveLength(posts + 1);
  });

  test.each([
    ['a byte of the answer', 'H'],
    ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('after %s: a reset, and nothing is sent again', async (_, bytes) => {
    const { port, seen, closed } = await closing((socket) => socket.end(bytes));
    let posts = 0;
    let last: unknown;
    while (closed.length === 0) last = await send(port, ++posts);
    expect(last).toBe('reset');
    expect(seen).toHaveLength(posts);
  });
});

test('after a failure the next post has a connection of its own', async () => {
  let answers = 0;
  const { port } = await http((_, response) => {
    if (answers++ === 0) response.destroy();
    else response.end('again');
  });
  await expect(post(port)).rejects.toMatchObject({ failure: 'reset' });
  expect(await post(port)).toMatchObject({ body: 'again' });
});

test('a name is never dialled', async () => {
  await expect(post(80, { address: 'localhost' })).rejects.toThrow('is no address');
});

test('headers that cannot be sent are a failure, not half a request', async () => {
  const { port } = await http((_, response) => response.end());
  await expect(post(port, { headers: { 'x-a': 'b\r\nx-c: d' } })).rejects.toMatchObject({
    failure: 'protocol',
  });
  await expect(post(port, { headers: { 'transfer-encoding': 'chunked' } })).rejects.toMatchObject({
    failure: 'protocol',
  });
});

test('closing lets a post end first', async () => {
  const asked = Promise.withResolvers<() => void>();
  const { port } = await http((_, response) => asked.resolve(() => response.end('late')));
  const answer = post(port);
  const finish = await asked.promise;
  const closed = outgoing.close();
  finish();
  expect(await answer).toMatchObject({ body: 'late' });
  await closed;
});

test('a slow server delays no other', async () => {
  const slow = createServer(() => {});
  const { port } = await start(slow);
  const other = await http((_, response) => response.end('fast'));
  const waiting = post(port).catch(({ failure }) => failure);
  await once(slow, 'request');
  expect(await post(other.port)).toMatchObject({ body: 'fast' });
  timers.expire();
  expect(await waiting).toBe('timeout');
});
