import type { FastifyInstance } from 'fastify';
import { Problem } from '../lib/problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Answers TIMEOUT where the handler has not answered by then. */
    deadline: NodeJS.Timeout | null;
  }
}

/**
 * As Fastify's `handlerTimeout`, which makes and aborts an AbortController for each request: a twentieth of what a small one costs. A route
 * with a `handlerTimeout` of its own keeps that.
 */
export function limitHandlers(app: FastifyInstance, milliseconds: number): void {
  app.decorateRequest('deadline', null);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.handlerTimeout) return done();
    request.deadline = setTimeout(() => {
      if (reply.sent) return;
      const problem = tookTooLong();
      // An answer that has begun cannot become a refusal any more.
      if (reply.raw.headersSent) reply.raw.destroy(problem);
      else void reply.send(problem);
    }, milliseconds);
    done();
  });
  app.addHook('onResponse', ({ deadline }, _, done) => {
    if (deadline) clearTimeout(deadline);
    done();
  });
  app.addHook('onRequestAbort', ({ deadline }, done) => {
    if (deadline) clearTimeout(deadline);
    done();
  });
}

export const tookTooLong = () =>
  new Problem('TIMEOUT', 'This took longer than the box allows; try again.', { retryAfterSeconds: 2 });
