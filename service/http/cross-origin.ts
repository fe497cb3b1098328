import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../engine/access/index.ts';

const REQUEST_HEADERS = 'authorization, content-type, x-api-key, x-request-id';
const RESPONSE_HEADERS = 'retry-after, x-request-id';
const PREFLIGHT_SECONDS = '600';

/**
 * A page's script may read an answer only when the key it sent is bound to that page's origin. A preflight carries no
 * key, so it is answered alike for every origin: it grants nothing but the sending of a request which then needs the key,
 * and cookies are never allowed.
 */
export function answerPreflights(app: FastifyInstance, methodsOf: (url: string) => string[]): void {
  app.addHook('onRoute', function (route) {
    const { url, config } = route;
    if (config?.access === undefined || config.access === 'public') return;
    if (this.hasRoute({ method: 'OPTIONS', url: url })) return;
    this.route({
      method: 'OPTIONS',
      url: route.routePath,
      config: { access: 'public', quiet: true },
      schema: { hide: true },
      handler: async (request, reply) => {
        const methods = methodsOf(url).join(', ');
        const { origin } = request.headers;
        reply.code(204).header('allow', methods);
        if (origin !== undefined && request.headers['access-control-request-method'] !== undefined) {
          reply.headers({
            'access-control-allow-origin': origin,
            'access-control-allow-methods': methods,
            'access-control-allow-headers': REQUEST_HEADERS,
            'access-control-max-age': PREFLIGHT_SECONDS,
            vary: 'Origin, Access-Control-Request-Method',
          });
        }
        return reply.send();
      },
    });
  });
}

/** After the key was checked, so that refusals of the request itself can be read by the page too. */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, caller: Caller): void {
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !caller.origins?.includes(origin)) return;
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': RESPONSE_HEADERS });
}
