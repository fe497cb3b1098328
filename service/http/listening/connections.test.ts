import { EventEmitter, once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { request as httpsRequest, type Agent as TlsAgent } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../../test/support/certificate.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { siteOf, sourceOf } from '../../lib/source.ts';
import { connectionRate, paceConnections } from '../leaving/public-pace.ts';
import { shareDocument } from '../leaving/unsent-bytes.ts';
import { createServer, type ServerDeps } from '../server.ts';
import { answerSocket, openWebSockets } from '../web-sockets.ts';
import { boundConnections } from './connections.ts';

const running: { close(): Promise<unknown> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of running.splice(0)) await app.close();
});

/** A server whose callers have the source address that the test sets. */
async function listen(
  limits: { total: number; perAddress: number },
  more: Partial<ServerDeps> = {},
  prepare: (app: ReturnType<typeof createServer>) => Promise<void> = async () => {},
) {
  let caller = 'unset';
  const time = { now: 0 };
  const warnings: object[] = [];
  const app = createServer({
    log: { debug() {}, info() {}, error() {}, warn: (fields) => void warnings.push(fields) },
    ids: createIds(systemClock),
    connections: { limits, sourceOf: () => caller, siteOf: () => caller[0], elapsed: () => time.now },
    ...more,
  });
  running.push(app);
  await prepare(app);
  const entered: (() => void)[] = [];
  app.get('/x', async () => 'x');
  app.post('/body', async () => 'whole');
  const long = shareDocument(Buffer.alloc(32 * 2 ** 20));
  app.get('/long', async () => long);
  app.get('/slow', () => new Promise((resolve) => entered.push(() => resolve('done'))));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;

  function comes(who: string): Promise<unknown> {
    caller = who;
    return once(app.server, 'connection');
  }
  /** A connection that sends nothing, known to the server by now. */
  async function idle(who: string): Promise<Socket> {
    const known = comes(who);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await known;
    return socket;
  }
  async function get(who: string, agent: Agent | TlsAgent | false = false, path = '/x') {
    caller = who;
    const ask = more.tls ? httpsRequest : httpRequest;
    const outgoing = ask({ port, host: '127.0.0.1', path, agent, rejectUnauthorized: false } as object);
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    answer.resume();
    await once(answer, 'end');
    return answer.statusCode;
  }
  /** A connection with half a body, known to the server by now. `client`: as a proxy passes it on. */
  async function half(who: string, client = ''): Promise<Socket> {
    const socket = await idle(who);
    const begun = once(app.server, 'request');
    socket.write(
      `POST /body HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${client}\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{`,
    );
    await begun;
    return socket;
  }
  /** A connection that does not read its answer, which waits for it by now. */
  async function unread(who: string): Promise<Socket> {
    const socket = await idle(who);
    const begun = once(app.server, 'request');
    socket.write('GET /long HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, answer] = await begun;
    await expect.poll(() => answer.writableNeedDrain, { interval: 5 }).toBe(true);
    return socket;
  }
  return { app, port, comes, idle, half, unread, get, warnings, entered, time };
}

/** Also WebSockets of addresses: 'token' lets one in, and 'frame' is judged. */
async function listenForSockets(
  limits: { total: number; perAddress: number },
  more: Partial<ServerDeps> = {},
) {
  const listening = await listen(limits, more, async (one) => {
    await openWebSockets(one);
    await one.register(async (routes) => {
      routes.route({
        method: 'GET',
        url: '/ws',
        handler: async () => '',
        wsHandler(socket) {
          const { say, admitted, judged } = answerSocket(socket, { log: silentLog, fault: '' });
          socket.on('message', (text: Buffer) => {
            if (text.toString() === 'token') admitted();
            if (text.toString() === 'frame') judged();
            say({});
          });
        },
      });
    });
  });
  async function say(socket: WebSocket, message: string): Promise<void> {
    const seen = once(socket, 'message');
    socket.send(message);
    await seen;
  }
  async function opened(who: string, ...messages: string[]): Promise<WebSocket> {
    const known = listening.comes(who);
    const socket = new WebSocket(`ws://127.0.0.1:${listening.port}/ws`);
    await known;
    await once(socket, 'open');
    for (const message of messages) await say(socket, message);
    return socket;
  }
  return { ...listening, opened, say };
}

const closed = (socket: Socket) => (socket.closed ? undefined : once(socket, 'close'));
const open = (socket: Socket) => !socket.closed && !socket.readableEnded;

describe('idle connections make room', () => {
  test('of one address beyond its share the longest idle', async () => {
    const { idle, get } = await listen({ total: 100, perAddress: 3 });
    const held = [await idle('a'), await idle('a'), await idle('a')];
    const other = await idle('b');
    await idle('a');
    await closed(held[0]!);
    expect(await get('a')).toBe(200);
    await closed(held[1]!);
    expect([held[2]!, other].map(open)).toEqual([true, true]);
  });

  test('a WebSocket is idle until its caller is admitted, whatever it sends, and keeps its place from then on', async () => {
    const { idle, opened } = await listenForSockets({ total: 100, perAddress: 3 });
    const [letIn, silent] = [await opened('unset', 'token'), await opened('unset', 'guess', 'guess')];
    const ended = once(silent, 'close');
    const held = [await idle('unset'), await idle('unset')];
    // Displaced, not closed for being late.
    expect((await ended)[0]).toMatchObject({ code: 1006 });
    for (let i = 0; i < 4; i++) held.push(await idle('unset'));
    await closed(held[3]!);
    expect(letIn.readyState).toBe(WebSocket.OPEN);
  });

  test('beyond the total the longest idle of the address with the most, never that of a smaller one', async () => {
    const { idle, get, warnings } = await listen({ total: 6, perAddress: 5 });
    const small = await idle('b');
    const many = [await idle('a'), await idle('a'), await idle('a'), await idle('a'), await idle('a')];
    for (const who of ['c', 'd', 'e']) expect(await get(who)).toBe(200);
    await closed(many[0]!);
    expect(open(small)).toBe(true);
    expect(warnings).toEqual([
      expect.objectContaining({
        open: 5,
        idle: 5,
        displaced: 1,
        refused: 0,
        limits: { total: 6, perAddress: 5 },
      }),
    ]);
  });

  test('300 of an attacker leave a caller who keeps a connection alive alone', async () => {
    const { idle, get } = await listen({ total: 40, perAddress: 20 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get('caller', agent)).toBe(200);
    const [socket] = Object.values(agent.freeSockets).flat() as Socket[];
    for (let i = 0; i < 300; i++) {
      const next = await idle(`attacker ${i % 3}`);
      if (i % 10 === 0) next.write('GET /x HTTP/1.1\r\nHost: x\r\nX-Half: ');
    }
    expect(await get('caller', agent)).toBe(200);
    expect((Object.values(agent.freeSockets).flat() as Socket[])[0]).toBe(socket);
    agent.destroy();
  });
});

test('half a body makes room after three seconds, of the address with the most connections', async () => {
  const { half, get, idle, time } = await listen({ total: 7, perAddress: 5 });
  const small = await half('b');
  const many: Socket[] = [];
  for (let i = 0; i < 5; i++) many.push(await half('a'));
  const kept = await idle('c');
  time.now = 2_999;
  // No other may be closed yet.
  expect(await get('d')).toBe(200);
  await closed(kept);
  time.now = 3_000;
  for (const who of ['d', 'e', 'f']) await idle(who);
  await Promise.all([closed(many[0]!), closed(many[1]!)]);
  expect([small, many[4]!].map(open)).toEqual([true, true]);
});

test('half a body of an address with many makes room at once', async () => {
  const { half, get } = await listen({ total: 20, perAddress: 12 });
  const many: Socket[] = [];
  for (let i = 0; i < 20; i++) many.push(await half(i % 10 === 0 ? 'b' : 'a'));
  for (let i = 0; i < 5; i++) expect(await get(`caller ${i}`)).toBe(200);
  expect(many.filter((socket, i) => i % 10 === 0 && !open(socket))).toEqual([]);
});

test('an answer that is not read makes room, of the address with the most connections: at once where it has many, else after three seconds', async () => {
  const { unread, get, idle } = await listen({ total: 11, perAddress: 10 });
  const small = await unread('b');
  const many: Socket[] = [];
  for (let i = 0; i < 10; i++) many.push(await unread('a'));
  const kept = [await idle('c'), await idle('d')];
  for (const socket of many.slice(0, 2)) await closed(socket.resume());
  expect([small, many[2]!, ...kept].map(open)).toEqual([true, true, true, true]);
  expect(await get('e')).toBe(200);

  const few = await listen({ total: 4, perAddress: 4 });
  const held = [await few.unread('a'), await few.unread('a'), await few.unread('b')];
  const first = await few.idle('c');
  few.time.now = 1_000;
  const second = await few.idle('c');
  await closed(first);
  few.time.now = 4_000;
  expect(await few.get('d')).toBe(200);
  await closed(held[0]!.resume());
  expect([held[1]!, second].map(open)).toEqual([true, true]);
});

test('where all else is busy, a WebSocket gives way whose frames were not judged for three seconds, of the address with the most', async () => {
  const { opened, say, idle, get, time } = await listenForSockets({ total: 4, perAddress: 4 });
  const held = [await opened('b', 'token')];
  for (let i = 0; i < 3; i++) held.push(await opened('a', 'token'));
  for (const one of held) await say(one, 'frame');
  time.now = 2_999;
  await closed(await idle('c'));
  await say(held[1]!, 'frame');
  time.now = 3_000;
  const displaced = once(held[2]!, 'close');
  expect(await get('c')).toBe(200);
  await displaced;
  // An idle one goes first.
  const unused = await idle('d');
  await idle('e');
  await closed(unused);
  expect(held.map(({ readyState }) => readyState === WebSocket.OPEN)).toEqual([true, true, false, true]);
});

test('a WebSocket without a judged frame gives way at once, of the network with the most', async () => {
  const { opened, get } = await listenForSockets({ total: 4, perAddress: 4 });
  const held = [await opened('b', 'token')];
  for (const who of ['a1', 'a2', 'a3']) held.push(await opened(who, 'token'));
  for (const at of [1, 2]) {
    const displaced = once(held[at]!, 'close');
    expect(await get('c')).toBe(200);
    await displaced;
    held.push(await opened('a4', 'token'));
  }
  expect(held[0]!.readyState).toBe(WebSocket.OPEN);
});

test('people of one address who wait do not displace each other', async () => {
  const { opened, idle, time } = await listenForSockets({ total: 9, perAddress: 2 });
  const held = [await opened('a', 'token'), await opened('a', 'token')];
  time.now = 60_000;
  await closed(await idle('a'));
  expect(held.map(({ readyState }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

test('behind a proxy a WebSocket without frames gives way, where all are the proxy’s', async () => {
  const { opened, get } = await listenForSockets(
    { total: 3, perAddress: 2 },
    { trustedProxies: ['127.0.0.0/8'] },
  );
  const held: WebSocket[] = [];
  for (let i = 0; i < 3; i++) held.push(await opened('p', 'token'));
  const displaced = once(held[0]!, 'close');
  expect(await get('p')).toBe(200);
  await displaced;
});

test('behind a proxy a new connection is not thrown out by the next, but a WebSocket of the client with the most is', async () => {
  const { opened, idle, time } = await listenForSockets(
    { total: 6, perAddress: 2 },
    { trustedProxies: ['127.0.0.0/8'] },
  );
  const held = [await opened('b', 'token')];
  for (const who of ['a1', 'a2', 'a3']) held.push(await opened(who, 'token'));
  const expected = [await idle('proxy'), await idle('proxy')];
  time.now = 2_999;
  for (const at of [1, 2]) {
    const displaced = once(held[at]!, 'close');
    expected.push(await idle('proxy'));
    await displaced;
  }
  expect(expected.map(open)).toEqual([true, true, true, true]);
  // After three seconds without a request it gives way.
  time.now = 3_000;
  expected.push(await idle('proxy'));
  await closed(expected[0]!);
  expect([held[0]!.readyState, held[3]!.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

test.each([
  ['IPv4 address', '198.51.100.7', '203.0.113.9', 12],
  ['IPv6 /48', '2001:db8:1::7', '2001:db8:2::9', 36],
])(
  'behind a proxy half bodies of an %s with many make room at once, before sockets, idle connections and bodies of others',
  async (_, attacker, other, count) => {
    const site = (address: string) => (address.includes(':') ? address.slice(0, 10) : undefined);
    const { half, opened, idle, get } = await listenForSockets(
      { total: 0, perAddress: 1 },
      {
        trustedProxies: ['127.0.0.0/8'],
        connections: {
          limits: { total: count + 3, perAddress: 1 },
          sourceOf: (address) => address,
          siteOf: site,
          elapsed: () => 0,
        },
      },
    );
    const visitors = [await opened('proxy', 'token'), await opened('proxy', 'token')];
    const slow = await half('proxy', other);
    const many: Socket[] = [];
    for (let i = 0; i < count; i++) many.push(await half('proxy', attacker));
    const fresh = [await idle('proxy'), await idle('proxy')];
    expect(await get('proxy')).toBe(200);
    await Promise.all(many.slice(0, 3).map(closed));
    expect([slow, many[3]!, ...fresh].map(open)).toEqual([true, true, true, true]);
    expect(visitors.map(({ readyState }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  },
);

test('behind a proxy WebSockets whose callers are not let in make room before those of others', async () => {
  const { opened, idle } = await listenForSockets(
    { total: 12, perAddress: 1 },
    { trustedProxies: ['127.0.0.0/8'] },
  );
  const visitors = [await opened('v', 'token'), await opened('w', 'token')];
  const many: WebSocket[] = [];
  for (let i = 0; i < 9; i++) many.push(await opened('a'));
  const displaced = [once(many[0]!, 'close')];
  const fresh = [await idle('p'), await idle('p')];
  await Promise.all(displaced);
  expect(fresh.map(open)).toEqual([true, true]);
  expect(visitors.map(({ readyState }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

test('a body that has just begun gives way before the WebSocket of a client with fewer connections', async () => {
  const { opened, half, get } = await listenForSockets({ total: 4, perAddress: 4 });
  const visitor = await opened('v', 'token');
  const bodies: Socket[] = [];
  for (let i = 0; i < 3; i++) bodies.push(await half('a'));
  expect(await get('c')).toBe(200);
  await closed(bodies[0]!);
  expect(visitor.readyState).toBe(WebSocket.OPEN);
});

test('bodies that have just begun, of many clients with a few each, give way where nothing else does', async () => {
  const { half, get } = await listen({ total: 4, perAddress: 4 });
  const bodies: Socket[] = [];
  for (const who of ['a', 'b', 'b', 'c']) bodies.push(await half(who));
  expect(await get('d')).toBe(200);
  await closed(bodies[1]!);
  expect(bodies.map(open)).toEqual([true, false, true, true]);
});

test('behind a proxy such bodies give way before a new connection', async () => {
  const limits = { total: 4, perAddress: 1 };
  const { half, idle } = await listen(limits, {
    trustedProxies: ['127.0.0.0/8'],
    connections: { limits, sourceOf: (address) => address, elapsed: () => 0 },
  });
  const bodies: Socket[] = [];
  for (const client of ['198.51.100.7', '203.0.113.9', '203.0.113.9'])
    bodies.push(await half('proxy', client));
  const fresh = [await idle('proxy'), await idle('proxy')];
  await closed(bodies[1]!);
  expect([...bodies, ...fresh].map(open)).toEqual([true, false, true, true, true]);
});

test('many people of one address keep their WebSockets beside clients with fewer connections and no token', async () => {
  const { opened, half, get } = await listenForSockets({ total: 7, perAddress: 7 });
  const people: WebSocket[] = [];
  for (let i = 0; i < 4; i++) people.push(await opened('office', 'token'));
  const bodies = [await half('x'), await half('y'), await half('y')];
  expect(await get('z')).toBe(200);
  await closed(bodies[1]!);
  expect(people.map(({ readyState }) => readyState)).toEqual(people.map(() => WebSocket.OPEN));
});

test('a body of an address whose people have WebSockets does not go before those of others with more bodies', async () => {
  const { opened, half, get } = await listenForSockets({ total: 13, perAddress: 13 });
  for (let i = 0; i < 9; i++) await opened('office', 'token');
  const bodies = [await half('office'), await half('x'), await half('x'), await half('x')];
  expect(await get('z')).toBe(200);
  await closed(bodies[1]!);
  expect(bodies.map(open)).toEqual([true, false, true, true]);
});

test('slow bodies of others stay where one client has very many WebSockets', async () => {
  const { opened, half, get, time } = await listenForSockets({ total: 42, perAddress: 42 });
  const many: WebSocket[] = [];
  for (let i = 0; i < 40; i++) many.push(await opened('a', 'token'));
  const slow = [await half('x'), await half('y')];
  time.now = 3_000;
  const lost = once(many[0]!, 'close');
  expect(await get('z')).toBe(200);
  await lost;
  expect(slow.map(open)).toEqual([true, true]);
});

describe('a new connection, whose first request may be on its way,', () => {
  test('does not go before half bodies of clients with more that have just begun, for a second', async () => {
    const { half, idle, get, time } = await listen({ total: 9, perAddress: 9 });
    const bodies: Socket[] = [];
    for (const who of ['a', 'b']) for (let i = 0; i < 4; i++) bodies.push(await half(who));
    const fresh = await idle('c');
    time.now = 999;
    const next = await idle('d');
    await closed(bodies[0]!);
    expect([fresh, next, ...bodies.slice(1)].filter((one) => !open(one))).toEqual([]);
    time.now = 1_000;
    expect(await get('e')).toBe(200);
    await closed(fresh);
    expect([next, ...bodies.slice(1)].filter((one) => !open(one))).toEqual([]);
  });

  test('does not go before half bodies that are overdue, though each address has one alone', async () => {
    const { half, idle, get, time } = await listen({ total: 3, perAddress: 3 });
    const bodies = [await half('a'), await half('b'), await half('c')];
    time.now = 10_000;
    const fresh = await idle('d');
    await closed(bodies[0]!);
    time.now += 5;
    expect(await get('e')).toBe(200);
    await closed(bodies[1]!);
    expect([fresh, bodies[2]!].map(open)).toEqual([true, true]);
  });

  test('goes before a body that comes fast enough to be whole in time, but not before one that does not', async () => {
    const { app, half, idle, time } = await listen({ total: 3, perAddress: 3 });
    const messages: IncomingMessage[] = [];
    app.server.on('request', (message) => messages.push(message));
    const steady = await half('a');
    const slow = [await half('b'), await half('c')];
    async function send(at: number, bytes: number) {
      const before = messages[at]!.socket.bytesRead;
      [steady, ...slow][at]!.write(' '.repeat(bytes));
      await expect.poll(() => messages[at]!.socket.bytesRead).toBe(before + bytes);
    }
    time.now = 10_000;
    // Of 60 bytes in 60 seconds.
    await send(0, 10);
    await send(1, 9);
    const fresh = [await idle('d')];
    await closed(slow[0]!);
    time.now += 500;
    fresh.push(await idle('e'));
    await closed(slow[1]!);
    time.now += 2_499;
    await idle('f');
    await closed(fresh[0]!);
    expect(open(steady)).toBe(true);
    // Once it comes no more it goes before a new one.
    time.now += 1;
    await idle('g');
    await closed(fresh[1]!);
    await idle('h');
    await closed(steady);
  });

  test('does not go before an answer that is not read either', async () => {
    const { unread, idle, get } = await listen({ total: 4, perAddress: 4 });
    const held = [await unread('a'), await unread('a'), await unread('b')];
    const fresh = await idle('c');
    expect(await get('d')).toBe(200);
    await closed(held[0]!.resume());
    expect([fresh, held[1]!, held[2]!].map(open)).toEqual([true, true, true]);
  });

  test('goes before those of clients with no more than its own, and before people’s WebSockets', async () => {
    const { opened, half, idle, get } = await listenForSockets({ total: 15, perAddress: 15 });
    const people: WebSocket[] = [];
    for (let i = 0; i < 12; i++) people.push(await opened('office', 'token'));
    const bodies = [await half('a'), await half('a')];
    const first = await idle('c');
    const second = await idle('c');
    await closed(bodies[0]!);
    expect(await get('d')).toBe(200);
    await closed(first);
    expect([second, bodies[1]!].map(open)).toEqual([true, true]);
    expect(people.map(({ readyState }) => readyState)).toEqual(people.map(() => WebSocket.OPEN));
  });

  test('is an idle one like others once it was asked something', async () => {
    const { half, get } = await listen({ total: 4, perAddress: 4 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get('c', agent)).toBe(200);
    const [asked] = Object.values(agent.freeSockets).flat() as Socket[];
    const bodies = [await half('a'), await half('a'), await half('a')];
    expect(await get('d')).toBe(200);
    await closed(asked!);
    expect(bodies.map(open)).toEqual([true, true, true]);
    agent.destroy();
  });
});

test('but idle connections go before these', async () => {
  const { opened, half, idle, get, time } = await listenForSockets({ total: 43, perAddress: 43 });
  const many: WebSocket[] = [];
  for (let i = 0; i < 40; i++) many.push(await opened('a', 'token'));
  const slow = await half('x');
  const strangers = [await idle('y'), await idle('y')];
  time.now = 3_000;
  expect(await get('z')).toBe(200);
  await closed(strangers[0]!);
  expect(many.map(({ readyState }) => readyState)).toEqual(many.map(() => WebSocket.OPEN));
  expect(open(slow)).toBe(true);
});

test('a slow body of an address with WebSockets does not go before idle connections of another', async () => {
  const { opened, half, idle, get, time } = await listenForSockets({ total: 12, perAddress: 12 });
  for (let i = 0; i < 8; i++) await opened('office', 'token');
  const body = await half('office');
  const strangers = [await idle('x'), await idle('x'), await idle('x')];
  time.now = 3_000;
  expect(await get('z')).toBe(200);
  await closed(strangers[0]!);
  expect(open(body)).toBe(true);
});

test('idle connections and half bodies of one IPv6 site make room as one', async () => {
  const { idle, half, get, time } = await listen({ total: 5, perAddress: 3 });
  const many = [await idle('a1'), await idle('a2'), await half('a3')];
  const own = [await idle('b'), await idle('b')];
  expect(await get('c')).toBe(200);
  await expect.poll(() => many.map(open)).toEqual([false, true, true]);
  time.now = 3_000;
  await idle('a4');
  expect(await get('d')).toBe(200);
  await expect.poll(() => many.map(open)).toEqual([false, true, false]);
  expect(own.map(open)).toEqual([true, true]);
});

test('a request under way is never cut off: where all are busy, the new connection is refused', async () => {
  const { app, get, entered, idle, warnings } = await listen({ total: 2, perAddress: 2 });
  const running = [get('a', false, '/slow'), get('b', false, '/slow')];
  await expect.poll(() => entered.length).toBe(2);
  const refused = await idle('c');
  await closed(refused);
  for (const finish of entered) finish();
  expect(await Promise.all(running)).toEqual([200, 200]);
  expect(warnings).toMatchObject([{ open: 2, idle: 0, displaced: 0, refused: 1 }]);
  await expect.poll(() => new Promise((resolve) => app.server.getConnections((_, n) => resolve(n)))).toBe(0);
  expect(await get('c')).toBe(200);
});

test('new connections of one address, or one IPv6 /48, are taken at a pace, and of a proxy all', () => {
  const server = new EventEmitter();
  let now = 0;
  boundConnections(server as Server, {
    limits: { total: 10_000, perAddress: 256 },
    sourceOf,
    siteOf,
    isProxy: (address) => address === '192.0.2.9',
    deadline: 60_000,
    isTaken: paceConnections(() => now),
  });
  /** Connects and leaves. */
  function isTaken(remoteAddress: string): boolean {
    let isClosed = false;
    const destroy = () => {
      isClosed = true;
    };
    const socket = Object.assign(new EventEmitter(), { remoteAddress, destroy });
    server.emit('connection', socket);
    socket.emit('close');
    return !isClosed;
  }
  const count = (address: (at: number) => string, of = 1_000) =>
    Array.from({ length: of }, (_, at) => isTaken(address(at))).filter(Boolean).length;
  const site = (at: number) => `2001:db8:7:${at % 64}::1`;
  const { burst, perSecond } = connectionRate;
  for (const address of [() => '192.0.2.1', site]) {
    expect(count(address)).toBeLessThanOrEqual(burst + 1);
    expect(count(address)).toBe(0);
  }
  expect(count(() => '192.0.2.2', burst)).toBe(burst);
  expect(count(() => '192.0.2.9')).toBe(1_000);
  now += 1_000;
  expect(count(() => '192.0.2.1', perSecond)).toBeGreaterThanOrEqual(perSecond - 1);
});

test.each(['127.0.0.0/8', 'loopback', '127.0.0.0/255.0.0.0'])(
  'a trusted proxy speaks for many: %s',
  async (proxy) => {
    const { idle } = await listen({ total: 10, perAddress: 2 }, { trustedProxies: [proxy] });
    const held = [await idle('p'), await idle('p'), await idle('p'), await idle('p')];
    const roundTrip = await idle('p');
    roundTrip.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(roundTrip, 'data');
    expect(held.map(open)).toEqual([true, true, true, true]);
  },
);

test('over TLS too, whether the handshake was done or not', async () => {
  const { idle, get, port, entered } = await listen(
    { total: 4, perAddress: 3 },
    { tls: { cert: certificate, key: certificateKey } },
  );
  const busy = get('a', false, '/slow');
  await expect.poll(() => entered.length).toBe(1);
  const bare = await idle('a');
  const shaken = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  shaken.on('error', () => {});
  sockets.push(shaken);
  await once(shaken, 'secureConnect');
  const more = [await idle('a')];
  await closed(bare);
  more.push(await idle('a'));
  shaken.resume();
  await closed(shaken);
  for (const finish of entered) finish();
  expect(await busy).toBe(200);
  expect(more.map(open)).toEqual([true, true]);
});

test('a stop does not wait for the rest of a head or of a body, only for what is under way', async () => {
  const { app, idle, get, entered } = await listen({ total: 10, perAddress: 10 });
  const halves: Socket[] = [];
  for (const half of [
    'GET /x HTTP/1.1\r\nHost: x\r\nX-Ha',
    'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\nhalf',
  ]) {
    const arrived = once(app.server, 'connection').then(([socket]) => once(socket, 'data'));
    const socket = await idle('a');
    socket.resume().write(half);
    await arrived;
    halves.push(socket);
  }
  const whole = get('b', false, '/slow');
  await expect.poll(() => entered.length).toBe(1);
  const stopped = app.close();
  await Promise.all(halves.map(closed));
  for (const finish of entered) finish();
  expect(await whole).toBe(200);
  await stopped;
});
