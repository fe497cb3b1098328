import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../lib/log.ts';
import { machineInterfaces } from '../../lib/machine/network-interfaces.ts';
import { Problem } from '../../lib/problem.ts';
import { SlicedResponse } from '../leaving/unsent-bytes.ts';
import { type Hop, hopOf, takeHop } from './hop.ts';
import type { NodeAffinity, NodePeers, RouteAffinity, SocketRelay } from './node-affinity.ts';
import { createNodeClient, relaySocket, watchNodes } from './node-client.ts';
import type { NodeCredentials } from './node-credentials.ts';

/**
 * Passes requests on to the node that has their work in memory, in one hop: what came from another node is never passed on again. A node
 * that is gone has no work: the request is answered here, as after a restart.
 */
export interface NodeProxy {
  /** Whether the request was answered by another node. `at`: how much of it is read. Throws OVERLOADED while that node does not answer. */
  passOn(request: FastifyRequest, reply: FastifyReply, at: 'head' | 'body'): Promise<boolean>;
  /** The answer of a list of what each node has, with the items of the others; those with an id that is there already are left out. */
  gather(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
  /** A request that another node passed on; its host was checked there. */
  isPassedOn(request: IncomingMessage): boolean;
  /** Passes WebSockets of a route on; undefined for a route that is served where it is reached. */
  relayed(url: string): SocketRelay | undefined;
  /** Listens for the other nodes at the address of this one, until the doors close. */
  listen(doors: FastifyInstance, address: string): void;
}

export interface NodeProxyDeps {
  peers: NodePeers;
  credentials: NodeCredentials;
  affinity: NodeAffinity;
  log: Log;
}

/** In the answer of a node that was asked, and does not have the work. */
const ELSEWHERE = 'x-gatehouse-elsewhere';
const NOT_KEPT: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

export function createNodeProxy({ peers, credentials, affinity, log }: NodeProxyDeps): NodeProxy {
  const watch = watchNodes(peers);
  const client = createNodeClient(credentials, watch);
  const passedOn = new WeakMap<IncomingMessage, Hop>();

  async function addressOf(run: string | undefined): Promise<string | undefined> {
    return run === undefined || peers.isSelf(run) ? undefined : peers.addressOf(run);
  }

  async function toNode(
    address: string,
    request: FastifyRequest,
    reply: FastifyReply,
    options: { body?: Buffer; asks?: true } = {},
  ): Promise<IncomingMessage> {
    const { body, asks } = options;
    try {
      return await client.pass(address, request, reply, {
        hop: { ...hopOf(request), ...(asks && { asks }) },
        ...(body && { body }),
      });
    } catch (error) {
      log.warn({ node: address, error: (error as Error).message }, 'another node does not answer');
      throw noAnswer();
    }
  }

  /** Whether another node had it. */
  async function askOthers(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    for (const address of await peers.others()) {
      const options = { body: bodyOf(request), asks: true } as const;
      // One that does not answer cannot be asked, and may be gone.
      const answer = await toNode(address, request, reply, options).catch(() => undefined);
      if (answer?.headers[ELSEWHERE] === undefined) {
        if (answer) return sendOn(reply, answer);
      } else answer.resume();
    }
    return false;
  }

  async function passOn(request: FastifyRequest, reply: FastifyReply, at: 'head' | 'body'): Promise<boolean> {
    const hop = passedOn.get(request.raw);
    const route: RouteAffinity = affinity.routes[request.routeOptions.url ?? ''] ?? {};
    if (at === 'body' && route.isHere && !route.isHere(request)) {
      if (!hop) return askOthers(request, reply);
      if (hop.asks) reply.header(ELSEWHERE, '1').code(404).send();
      return hop.asks === true;
    }
    if (request.ws) return false;
    const run =
      at === 'head' ? ((await affinity.always(request)) ?? (await route.head?.(request))) : undefined;
    const address = await addressOf(at === 'head' ? run : await route.body?.(request));
    if (address === undefined) return false;
    if (hop) throw moved();
    if (reply.raw.closed) {
      reply.hijack();
      return true;
    }
    const body = at === 'body' ? { body: bodyOf(request) } : {};
    return sendOn(reply, await toNode(address, request, reply, body));
  }

  async function gather(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const isList = affinity.routes[request.routeOptions.url ?? '']?.gathers && reply.statusCode === 200;
    if (!isList || typeof payload !== 'string' || passedOn.has(request.raw)) return payload;
    const page = JSON.parse(payload) as { items: { id: string }[] };
    const items = new Map(page.items.map((item) => [item.id, item]));
    for (const address of await peers.others()) {
      // One that does not answer may be gone, and its work with it.
      const answer = await toNode(address, request, reply).catch(() => undefined);
      const other = answer?.statusCode === 200 ? ((await json(answer)) as typeof page).items : [];
      answer?.resume();
      for (const item of other) if (!items.has(item.id)) items.set(item.id, item);
    }
    reply.removeHeader('content-length');
    return JSON.stringify({ ...page, items: [...items.values()] });
  }

  return {
    passOn,
    gather,
    isPassedOn: (request) => passedOn.has(request),
    relayed: (url) => {
      const find = affinity.routes[url]?.socket;
      if (!find) return undefined;
      return async (socket, request, first) => {
        if (passedOn.has(request.raw)) return false;
        const address = await addressOf(await find(first.token));
        if (address === undefined) return false;
        // Its caller has left while the node was looked for.
        if (socket.readyState === socket.CLOSED) return true;
        const hop = hopOf(request);
        relaySocket(socket, { address, path: url, hop, request, first, credentials, watch, log });
        return true;
      };
    },
    listen(doors, address) {
      const took = (request: IncomingMessage) => {
        const hop = takeHop(request);
        if (hop) passedOn.set(request, hop);
        return hop !== undefined;
      };
      doors.addHook('onClose', async () => client.close());
      listenForNodes(doors, { address, credentials, took });
    },
  };
}

const bodyOf = ({ body }: FastifyRequest): Buffer =>
  Buffer.from(body === undefined || body === null ? '' : JSON.stringify(body));

function sendOn(reply: FastifyReply, answer: IncomingMessage): true {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(answer.headers)) if (!NOT_KEPT.has(name)) headers[name] = value;
  reply.code(answer.statusCode!).headers(headers).send(answer);
  return true;
}

const noAnswer = () =>
  new Problem(
    'OVERLOADED',
    'The node that has this in memory does not answer. Try again in a few seconds: where it is gone, it begins again at another.',
    { retryAfterSeconds: 2 },
  );

const moved = () =>
  new Problem('OVERLOADED', 'This has moved to another node meanwhile: try again.', { retryAfterSeconds: 1 });

interface NodeListenerDeps {
  /** `https://10.0.0.5:7301` */
  address: string;
  credentials: NodeCredentials;
  /** Whether it is of a node; from then on it is as if its caller had sent it here. */
  took(request: IncomingMessage): boolean;
}

/** Longer than another node keeps an idle connection. */
const KEPT = 90_000;
const HANDSHAKE = 5_000;
/** Milliseconds between two looks, while it stops, at connections without a request. */
const IDLE_SWEEP = 50;
/** Milliseconds that a stop waits for the first request of a connection. */
const PATIENCE = 2_000;

/**
 * Where the other nodes reach the doors of this one; each shows that it is a node before a byte of a request is read. It closes with the
 * doors, once what runs has ended, and opens when they are ready: call it before.
 */
function listenForNodes(doors: FastifyInstance, { address, credentials, took }: NodeListenerDeps): void {
  const { hostname, port } = new URL(address);
  const server = createServer(
    {
      ...credentials.server,
      handshakeTimeout: HANDSHAKE,
      keepAliveTimeout: KEPT,
      // Streams and WebSockets last; the first node bounds what a caller may do.
      requestTimeout: 0,
      ServerResponse: SlicedResponse,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      if (!credentials.holds(request.socket)) request.socket.destroy();
      else if (took(request)) doors.routing(request, response);
      else response.writeHead(400).end();
    },
  );
  boundUnproven(server);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (credentials.holds(request.socket) && took(request))
      doors.server.emit('upgrade', request, socket, head);
    else socket.destroy();
  });
  // As of the doors: what asks for another protocol elsewhere is answered as any other request.
  const { shouldUpgradeCallback } = doors.server as { shouldUpgradeCallback?: unknown };
  Object.assign(server, { shouldUpgradeCallback });
  /** Without a request yet: Node does not count them as idle. */
  const unused = new Set<Socket>();
  server.on('secureConnection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  for (const used of ['request', 'upgrade'])
    server.prependListener(used, ({ socket }: IncomingMessage) => unused.delete(socket));
  let closed: Promise<unknown> = Promise.resolve();
  doors.addHook('preClose', async () => {
    if (!server.listening) return;
    closed = once(server.close(), 'close');
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP);
    const cut = setTimeout(() => {
      for (const socket of unused) socket.destroy();
    }, PATIENCE);
    void closed.then(() => {
      clearInterval(sweep);
      clearTimeout(cut);
    });
  });
  doors.addHook('onClose', async () => void (await closed));
  doors.addHook('onReady', async () => {
    const listening = once(server.listen({ ...ownHost(hostname), port: Number(port) }), 'listening');
    await listening.catch((error: unknown) => {
      throw notListened(address, error as NodeJS.ErrnoException);
    });
  });
}

/** Connections that have not shown yet that they are of a node: of one address, and in all. */
const UNPROVEN = { perAddress: 512, all: 1_024 };

/** A caller without the key takes no more than that: where one more would be too many, the first of its address makes room. */
function boundUnproven(server: Server): void {
  const waiting = new Map<string, Socket>();
  const endsOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

  server.on('connection', (socket: Socket) => {
    const all = [...waiting.values()];
    const same = all.filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress);
    if (same.length >= UNPROVEN.perAddress) same[0]!.destroy();
    else if (all.length >= UNPROVEN.all) largest(all)[0]!.destroy();
    const ends = endsOf(socket);
    waiting.set(ends, socket);
    socket.once('close', () => {
      if (waiting.get(ends) === socket) waiting.delete(ends);
    });
  });
  server.on('secureConnection', (socket: Socket) => waiting.delete(endsOf(socket)));
}

/** Those of the address that has most of them. */
const largest = (sockets: readonly Socket[]): Socket[] =>
  [...Map.groupBy(sockets, ({ remoteAddress }) => remoteAddress).values()].reduce((most, of) =>
    of.length > most.length ? of : most,
  );

/** A name, or an address that is translated on the way here, is listened for at every address: what is no node gets no answer there. */
function ownHost(hostname: string): { host?: string } {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === '127.0.0.1' || machineInterfaces().some(({ address }) => address === host) ? { host } : {};
}

const notListened = (address: string, { code, message }: NodeJS.ErrnoException): Problem =>
  new Problem(
    'CONFLICT',
    `The other nodes are to reach this one at ${address}, but it cannot be listened on there (${code ?? message}): another program has the port, or the address is of another machine. Give another one: "nodeAddress", GATEHOUSE_NODE_ADDRESS or --node-address.`,
  );
