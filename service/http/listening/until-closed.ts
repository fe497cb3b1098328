import type { FastifyReply } from 'fastify';

/**
 * Aborts when the answer has left or the caller has hung up: whatever still works for it then works for nobody. Not
 * Fastify's `request.signal`, which aborts as soon as the body has been read.
 */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const given = new AbortController();
  reply.raw.once('close', () => given.abort());
  return given.signal;
}
