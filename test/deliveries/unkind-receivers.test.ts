import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutgoing } from '../../service/outgoing/create-outgoing.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { type EventStack, openEventStack } from '../support/event-stack.ts';
import { until } from '../support/fake-time.ts';

const EVENTS = 10;
const MINUTE = 60_000;

type Behavior = (request: IncomingMessage, reply: ServerResponse) => void;

/** One endpoint’s receiver on a port of its own. */
interface Receiver {
  name: string;
  endpoint: string;
  /** Ids in the order in which they came, accepted or not. */
  came: string[];
  accepted: Set<string>;
  behave: Behavior;
  server: Server;
}

const kind: Behavior = (_, reply) => reply.end('thanks');
/** Each as long as a receiver is broken; `down` has no server. */
const unkind: Record<string, Behavior> = {
  resets: (request) => request.socket.resetAndDestroy(),
  'hangs up in the middle': (request, reply) => {
    reply.writeHead(200, { 'content-length': '1000' });
    reply.write('half', () => request.socket.destroy());
  },
  'answers 500': (_, reply) => reply.writeHead(500).end(),
  'answers 429': (_, reply) => reply.writeHead(429, { 'retry-after': '1800' }).end(),
  'answers 302': (_, reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'answers no HTTP': (request) => request.socket.end('SSH-2.0-OpenSSH\r\n'),
  'never answers': () => {},
  'never ends': (_, reply) => {
    // More than is kept comes; the head says 200 and the end never comes.
    reply.writeHead(200).write('x'.repeat(100));
  },
};

const hangs = new Set([unkind['never answers'], unkind['never ends']]);

let engine: Engine;
let stack: EventStack;
let receivers: Receiver[];
/** Requests on their way, as `nameOf` calls them: until they are answered, fail, or are held by who never ends. */
let underWay: Set<string>;
const nameOf = (port: string | number | undefined, headers: Record<string, unknown>) =>
  `${headers['webhook-id']} to ${port}`;

beforeEach(async () => {
  engine = await startEngine();
  underWay = new Set();
  stack = await openEventStack(engine, {
    outgoing({ timer }) {
      const { post } = createOutgoing({ after: timer.after, elapsed: () => stack.clock.now() });
      return {
        async post(request) {
          const name = nameOf(request.url.port, request.headers);
          underWay.add(name);
          try {
            return await post(request);
          } finally {
            underWay.delete(name);
          }
        },
      };
    },
    underWay: () => underWay.size > 0,
  });
  receivers = [];
});
afterEach(async () => {
  for (const { server } of receivers) {
    server.closeAllConnections();
    server.close();
  }
  await stack.stop();
  await engine.stop();
});

async function receive(name: string, behave: Behavior): Promise<Receiver> {
  const receiver = { name, came: [], accepted: new Set(), behave } as unknown as Receiver;
  receiver.server = createServer((request, reply) => {
    const id = String(request.headers['webhook-id']);
    request.resume().on('end', () => {
      receiver.came.push(id);
      if (receiver.behave === kind) receiver.accepted.add(id);
      receiver.behave(request, reply);
      if (hangs.has(receiver.behave)) underWay.delete(nameOf(request.socket.localPort, request.headers));
    });
  });
  await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  receiver.endpoint = (await stack.addEndpoint({ url, events: ['verification.failure'] })).id;
  receivers.push(receiver);
  return receiver;
}

const passUntil = (holds: () => boolean | Promise<boolean>, step = 1_000) =>
  until(async () => {
    await stack.time.advance(0);
    if (await holds()) return true;
    stack.time.jump(step - 1_000);
    await stack.time.advance(1_000);
    return false;
  });

test('receivers that are broken in every way lose nothing, keep the order of first attempts, and delay no other', async () => {
  const good = await receive('good', kind);
  for (const [name, behave] of Object.entries(unkind)) await receive(name, behave);
  const down = await receive('down', kind);
  const { port } = down.server.address() as AddressInfo;
  await new Promise((resolve) => down.server.close(resolve));
  await stack.start();
  const ids = await stack.refuse(EVENTS);

  // Not a moment passes until the good one has everything.
  await until(async () => {
    await stack.time.advance(0);
    return good.came.length === EVENTS;
  });
  expect(good.came).toEqual(ids);

  const tried = async () => {
    const rows = await stack.rows();
    return rows.every(({ attempts }) => attempts > 0);
  };
  await passUntil(tried);
  for (const { name, came } of receivers) {
    if (name === 'down') continue;
    const firsts = [...new Set(came)];
    expect([name, firsts]).toEqual([name, ids]);
  }

  await new Promise<void>((resolve) => down.server.listen(port, '127.0.0.1', resolve));
  for (const receiver of receivers) receiver.behave = kind;
  await passUntil(async () => (await stack.rows()).every(({ state }) => state === 'delivered'), 5 * MINUTE);
  for (const { name, accepted } of receivers)
    expect([name, [...accepted].sort()]).toEqual([name, [...ids].sort()]);
  expect(good.came).toEqual(ids);

  const outcomes = new Map<string, Set<string>>();
  for (const { name, endpoint } of receivers) {
    const { log } = await stack.deliveries.get(
      stack.realm,
      (await stack.deliveries.list(stack.realm, { endpoint, limit: 1 }))[0]!.id,
      operator,
    );
    outcomes.set(
      name,
      new Set(log.slice(0, 1).map(({ outcome, status }) => `${outcome} ${status ?? ''}`.trim())),
    );
  }
  expect(Object.fromEntries([...outcomes].map(([name, all]) => [name, [...all].join()]))).toEqual({
    good: 'delivered 200',
    resets: 'reset',
    'hangs up in the middle': 'reset',
    'answers 500': 'status 500',
    'answers 429': 'status 429',
    'answers 302': 'status 302',
    'answers no HTTP': 'protocol',
    'never answers': 'timeout',
    'never ends': 'timeout',
    down: 'refused',
  });
});
