import type { IncomingMessage } from 'node:http';
import { Agent, request as send } from 'node:https';
import type { WebSocket } from '@fastify/websocket';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../lib/log.ts';
import { whenClosed } from '../listening/listen-on-host.ts';
import { answerSocket, closeCodes } from '../web-sockets.ts';
import { HOP, type Hop, headersOfHop } from './hop.ts';
import type { FirstMessage, NodePeers } from './node-affinity.ts';
import type { NodeCredentials } from './node-credentials.ts';

/** Milliseconds between two looks at whether nodes that are waited for are still there. */
const LOOK = 2_000;

/** Calls `end` once the node at the address is gone, unless the function it gives is called before. */
export type Watch = (address: string, end: () => void) => () => void;

/** A machine without power, or cut off, closes no connection: what waits for it would wait for a quarter of an hour. */
export function watchNodes({ others }: Pick<NodePeers, 'others'>): Watch {
  const waiting = new Map<() => void, string>();
  let looks: NodeJS.Timeout | undefined;
  async function look(): Promise<void> {
    // Not known without the database.
    const there = await others().catch(() => undefined);
    if (there) for (const [end, address] of waiting) if (!there.includes(address)) end();
  }
  return (address, end) => {
    const own = () => end();
    waiting.set(own, address);
    looks ??= setInterval(look, LOOK).unref();
    return () => {
      waiting.delete(own);
      if (waiting.size > 0) return;
      clearInterval(looks);
      looks = undefined;
    };
  };
}

interface RelayRequest {
  address: string;
  path: string;
  hop: Hop;
  request: FastifyRequest;
  first: FirstMessage;
  credentials: NodeCredentials;
  watch: Watch;
  log: Log;
}

/** Bytes that wait for one of the two ends. */
const MOST_WAITING = 1024 * 1024;
/** Close codes that a socket may send by itself. */
const mayBeSent = (code: number) => code === 1000 || code === 1011 || (code >= 3000 && code < 5000);

/** Whether an answer is of a frame that was judged: of a live session, or of a capture. */
const isOfJudged = (answer: string) => answer.includes('"judged":') || answer.includes('"is":"guidance"');

/** Both ends get what the other one sends, and its end. */
export function relaySocket(client: WebSocket, relay: RelayRequest): void {
  const { log } = relay;
  const { admitted, judged } = answerSocket(client, { log, fault: 'a connection to another node failed' });
  admitted();
  let node: globalThis.WebSocket | undefined;
  let left = false;
  const waiting: (string | Buffer)[] = [relay.first.text];

  function toNode(message: string | Buffer): void {
    if (node?.readyState !== 1) waiting.push(message);
    // A frame that the node does not read in time is of no use to it.
    else if (node.bufferedAmount < MOST_WAITING) node.send(message as string | Buffer<ArrayBuffer>);
  }
  const end = (code: number, reason?: string) =>
    mayBeSent(code) ? client.close(code, reason) : client.close(closeCodes.failed, 'The node is gone.');

  client.on('message', (data: Buffer, binary: boolean) => {
    if (waiting.length < 8) toNode(binary ? data : data.toString('utf8'));
  });
  const leave = relay.watch(relay.address, () => end(closeCodes.failed));
  client.on('close', () => {
    left = true;
    leave();
    node?.close();
  });
  connect(relay).then(
    (socket) => {
      node = socket;
      if (left) socket.close();
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        for (const message of waiting.splice(0)) toNode(message);
      };
      socket.onmessage = ({ data }) => {
        if (client.bufferedAmount > MOST_WAITING) return client.terminate();
        if (typeof data === 'string' && isOfJudged(data)) judged();
        client.send(data as string | ArrayBuffer);
      };
      socket.onclose = ({ code, reason }) => end(code, reason);
    },
    (error: unknown) => {
      log.warn({ node: relay.address, error }, 'another node does not answer');
      end(closeCodes.failed);
    },
  );
}

async function connect({
  address,
  path,
  hop,
  request,
  credentials,
}: RelayRequest): Promise<globalThis.WebSocket> {
  const { Agent, WebSocket: Socket } = await import('undici');
  const dispatcher = new Agent({ connect: { ...credentials.client, maxCachedSessions: 0 } });
  const { origin, 'user-agent': userAgent = '' } = request.headers;
  const socket = new Socket(new URL(path, address.replace(/^http/, 'ws')), {
    dispatcher,
    headers: {
      [HOP]: JSON.stringify(hop),
      'x-request-id': request.id,
      'user-agent': userAgent,
      ...(origin !== undefined && { origin }),
    },
  });
  socket.addEventListener('close', () => void dispatcher.close().catch(() => {}), { once: true });
  return socket as unknown as globalThis.WebSocket;
}

/** Milliseconds until a connection to another node is there. */
const CONNECTING = 3_000;
/** Milliseconds for which an idle connection is kept; the other end keeps it longer. */
const IDLE = 30_000;

export function createNodeClient({ client: credentials, shown }: NodeCredentials, watch: Watch) {
  let now: { shown: string; agent: Agent } | undefined;
  /** Of what was shown before, as long as requests go on with it. */
  const former = new Set<Agent>();
  function agentNow(): Agent {
    const by = shown();
    if (now?.shown !== by) {
      if (now) leave(now.agent);
      now = { shown: by, agent: new Agent({ ...credentials, keepAlive: true, timeout: IDLE }) };
    }
    return now.agent;
  }
  function leave(agent: Agent): void {
    for (const one of former) if (Object.keys(one.sockets).length === 0) former.delete(one);
    // Its connections end with the requests on them.
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    former.add(agent);
  }
  return {
    /** Resolves with the head of the answer. `body`: in route of what the caller still sends. */
    pass(
      address: string,
      request: FastifyRequest,
      reply: FastifyReply,
      { hop, body }: { hop: Hop; body?: Buffer },
    ): Promise<IncomingMessage> {
      const { hostname, port } = new URL(address);
      const { method, url: path } = request.raw;
      return new Promise((resolve, reject) => {
        const headers = headersOfHop(request, hop, body);
        const outgoing = send({ host: hostname, port, method, path, headers, agent: agentNow() }, resolve);
        const late = setTimeout(() => outgoing.destroy(new Error('no connection')), CONNECTING);
        const connected = () => clearTimeout(late);
        outgoing.once('socket', (socket) => {
          if (socket.connecting) socket.once('secureConnect', connected);
          else connected();
        });
        const leave = watch(address, () => outgoing.destroy(new Error('it is gone')));
        outgoing.once('close', () => {
          connected();
          leave();
          // Of an answer that came before the end of the body: the caller's connection goes on with its next request.
          request.raw.unpipe(outgoing);
          request.raw.resume();
        });
        outgoing.once('error', reject);
        whenClosed(reply, () => outgoing.destroy());
        if (body) outgoing.end(body);
        else request.raw.pipe(outgoing);
      });
    },
    close(): void {
      for (const agent of [...former, ...(now ? [now.agent] : [])]) agent.destroy();
    },
  };
}
