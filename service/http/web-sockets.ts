import type { IncomingMessage } from 'node:http';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../lib/problem.ts';
import { MESSAGE_CAME } from './listening/connections.ts';

/** Bytes of the largest message, over all doors: a frame of 256 kB and its time. */
const LARGEST_MESSAGE = 256 * 1024 + 8;

/**
 * WebSockets for the doors that are registered after it: a route with a `wsHandler` takes them. Every other request that asks for another
 * protocol (h2c, as some HTTP clients do) is answered as if it had not.
 */
export async function openWebSockets(app: FastifyInstance): Promise<void> {
  const paths = new Set<string>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler) paths.add(url);
  });
  await app.register(websocket, {
    options: { maxPayload: LARGEST_MESSAGE },
    // A message over the limit, or a connection that broke.
    errorHandler: (_, socket) => socket.terminate(),
  });
  app.websocketServer.on('connection', (socket: WebSocket, { socket: connection }: IncomingMessage) => {
    socket.on('message', () => app.server.emit(MESSAGE_CAME, connection));
  });
  Object.assign(app.server, {
    shouldUpgradeCallback: ({ url, headers }: FastifyRequest['raw']) =>
      headers.upgrade?.toLowerCase() === 'websocket' && paths.has((url ?? '').split('?', 1)[0]!),
  });
}

/** Pages of other origins may not use a capability, even one that they got hold of. */
export function requireOwnOrigin({ headers: { origin }, host }: FastifyRequest): void {
  if (origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new Problem('ORIGIN_NOT_ALLOWED', 'The camera connection is for the pages of this appliance.');
}
