import type { FastifyPluginAsync } from 'fastify';

/** A gate in a wall, our own. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#1f5f5b"/>
<path d="M7 26V14a9 9 0 0 1 18 0v12h-4V14a5 5 0 0 0-10 0v12z" fill="#fff"/>
<circle cx="16" cy="15" r="2.2" fill="#fff"/><path d="M12.5 26v-4a3.5 3.5 0 0 1 7 0v4z" fill="#fff"/>
</svg>`;

/** `/`: a browser is led to the console, other clients get a list of addresses. Also serves the favicon. */
export const frontPage: FastifyPluginAsync<{ version: string }> = async (app, { version }) => {
  const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
  app.get('/', hidden, async (request, reply) => {
    reply.header('vary', 'accept');
    if (/\btext\/html\b/i.test(request.headers.accept ?? '')) return reply.redirect('/console/', 302);
    return { name: 'Gatehouse', version, docs: '/docs', openapi: '/openapi.json', health: '/health' };
  });
  app.get('/favicon.ico', hidden, async (_, reply) =>
    reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(icon),
  );
};
