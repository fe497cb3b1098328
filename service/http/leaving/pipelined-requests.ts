import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Requests of one connection that wait for the one before; a further one ends the connection. */
const MOST_WAITING = 32;

interface Line {
  /** Ends with the answer to the last request. */
  last: Promise<void>;
  waiting: number;
}

/**
 * Requests that are sent without waiting for the answers before are worked on one after the other, and not at all once their
 * caller has left. Before every other hook.
 */
export function serveInTurn(app: FastifyInstance): void {
  const lines = new WeakMap<Socket, Line>();
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const line = lines.get(socket) ?? { last: Promise.resolve(), waiting: 0 };
    lines.set(socket, line);
    const before = line.last;
    line.last = new Promise((resolve) => reply.raw.once('close', () => resolve()));
    if (line.waiting >= MOST_WAITING) socket.destroy();
    line.waiting++;
    await before;
    line.waiting--;
    // Nothing is answered to a caller that has left.
    if (socket.destroyed) reply.hijack();
  });
}
