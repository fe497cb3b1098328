import type { FastifyReply } from 'fastify';

/**
 * Aborts when the answer is sent or the caller has disconnected: further work for the request has no reader. Not
 * Fastify's `request.signal`, which aborts as soon as the body has been read.
 */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const given = new AbortController();
  reply.raw.once('close', () => given.abort());
  return given.signal;
}
