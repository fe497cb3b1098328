import type { FastifyPluginAsync } from 'fastify';

/**
 * Redirects every GET to HTTPS. Register it on a server that checks `Host` against the names of the box: it redirects to no other.
 * Other methods are refused: what they carried was readable on the way already.
 */
export function createRedirectDoor({ port }: { port: () => number }): FastifyPluginAsync {
  return async (app) => {
    app.get('/*', { config: { access: 'public', quiet: true }, schema: { hide: true } }, (request, reply) => {
      const host = (request.headers.host ?? '').replace(/:\d*$/, '');
      const to = port() === 443 ? host : `${host}:${port()}`;
      const path = request.raw.url?.startsWith('/') ? request.raw.url : '/';
      // Not a permanent one, which a browser would keep when the port changes.
      return reply.redirect(`https://${to}${path}`, 307);
    });
  };
}
