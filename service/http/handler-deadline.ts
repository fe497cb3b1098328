import type { FastifyInstance } from 'fastify';
import { Problem } from '../lib/problem.ts';
import type { SlicedResponse } from './leaving/sliced-response.ts';

/**
 * As Fastify's `handlerTimeout`, which makes and aborts an AbortController for each request: a twentieth of what a small one costs. A route
 * with a `handlerTimeout` of its own keeps that. A request that is not answered by then is answered TIMEOUT.
 */
export function limitHandlers(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.handlerTimeout) return done();
    const deadline = setTimeout(() => {
      if (reply.sent || (reply.raw as Partial<SlicedResponse>).isEnding) return;
      const problem = tookTooLong();
      // An answer that has begun cannot become a refusal any more.
      if (reply.raw.headersSent) reply.raw.destroy(problem);
      else void reply.send(problem);
    }, milliseconds);
    // Of a caller that left, no hook of Fastify runs where its request had come whole: a timer would hold up a process that stops.
    reply.raw.once('close', () => clearTimeout(deadline));
    done();
  });
}

export const tookTooLong = () =>
  new Problem('TIMEOUT', 'This took longer than the box allows; try again.', { retryAfterSeconds: 2 });
