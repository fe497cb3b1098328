import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { machineInterfaces } from '../../lib/machine/network-interfaces.ts';
import { Problem } from '../../lib/problem.ts';
import { SlicedResponse } from '../leaving/unsent-bytes.ts';
import type { NodeCredentials } from './node-credentials.ts';

export interface NodeListenerDeps {
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
export function listenForNodes(
  doors: FastifyInstance,
  { address, credentials, took }: NodeListenerDeps,
): void {
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
