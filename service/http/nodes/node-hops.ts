import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type Hop, hopOf, takeHop } from './hop.ts';
import { createNodeClient } from './node-client.ts';
import type { NodeCredentials } from './node-credentials.ts';
import { listenForNodes } from './node-listener.ts';
import type { NodePeers, Place, Places, Relayed } from './places.ts';
import { relaySocket } from './relay-socket.ts';

/**
 * Passes requests on to the node that has their work in memory, in one hop: what came from another node is never passed on again. A node
 * that is gone has no work: the request is answered here, as after a restart.
 */
export interface NodeHops {
  /** Whether the request was answered by another node. `at`: how much of it is read. Throws OVERLOADED while that node does not answer. */
  passOn(request: FastifyRequest, reply: FastifyReply, at: 'head' | 'body'): Promise<boolean>;
  /** The answer of a list of what each node has, with the items of the others; those with an id that is there already are left out. */
  gather(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
  /** A request that another node passed on; its host was checked there. */
  isPassedOn(request: IncomingMessage): boolean;
  /** The place of WebSockets of a route; undefined for a route that is served where it is reached. */
  relayed(url: string): Relayed | undefined;
  /** Listens for the other nodes at the address of this one, until the doors close. */
  listen(doors: FastifyInstance, address: string): void;
}

export interface NodeHopsDeps {
  peers: NodePeers;
  credentials: NodeCredentials;
  places: Places;
  log: Log;
}

/** In the answer of a node that was asked, and does not have the work. */
const ELSEWHERE = 'x-gatehouse-elsewhere';
const NOT_KEPT: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

export function createNodeHops({ peers, credentials, places, log }: NodeHopsDeps): NodeHops {
  const client = createNodeClient(credentials);
  const passedOn = new WeakMap<IncomingMessage, Hop>();

  async function addressOf(run: string | undefined): Promise<string | undefined> {
    return run === undefined || peers.isSelf(run) ? undefined : peers.addressOf(run);
  }

  async function toNode(
    address: string,
    request: FastifyRequest,
    reply: FastifyReply,
    order: { body?: Buffer; asks?: true } = {},
  ): Promise<IncomingMessage> {
    const { body, asks } = order;
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
      const order = { body: bodyOf(request), asks: true } as const;
      // One that does not answer cannot be asked, and may be gone.
      const answer = await toNode(address, request, reply, order).catch(() => undefined);
      if (answer?.headers[ELSEWHERE] === undefined) {
        if (answer) return sendOn(reply, answer);
      } else answer.resume();
    }
    return false;
  }

  async function passOn(request: FastifyRequest, reply: FastifyReply, at: 'head' | 'body'): Promise<boolean> {
    const hop = passedOn.get(request.raw);
    const place: Place = places.routes[request.routeOptions.url ?? ''] ?? {};
    if (at === 'body' && place.isHere && !place.isHere(request)) {
      if (!hop) return askOthers(request, reply);
      if (hop.asks) reply.header(ELSEWHERE, '1').code(404).send();
      return hop.asks === true;
    }
    if (request.ws) return false;
    const run = at === 'head' ? ((await places.always(request)) ?? (await place.head?.(request))) : undefined;
    const address = await addressOf(at === 'head' ? run : await place.body?.(request));
    if (address === undefined) return false;
    if (hop) throw moved();
    const body = at === 'body' ? { body: bodyOf(request) } : {};
    return sendOn(reply, await toNode(address, request, reply, body));
  }

  async function gather(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const isList = places.routes[request.routeOptions.url ?? '']?.gathers && reply.statusCode === 200;
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
      const find = places.routes[url]?.socket;
      if (!find) return undefined;
      return async (socket, request, first) => {
        if (passedOn.has(request.raw)) return false;
        const address = await addressOf(await find(first.token));
        if (address === undefined) return false;
        relaySocket(socket, { address, path: url, hop: hopOf(request), request, first, credentials, log });
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
