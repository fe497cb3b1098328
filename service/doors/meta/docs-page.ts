import { createHash } from 'node:crypto';
import { type FastifyPluginAsync, fastify } from 'fastify';
import { z } from 'zod';
import { compressReplies } from '../../http/compressed-replies.ts';
import { defaultErrors } from '../../http/default-errors.ts';
import { escapeHtml, plainDocument, plainPagePolicy } from '../../http/pages/plain-page.ts';
import { type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { errorCodes } from './error-codes.ts';
import { errorRemedies } from './error-remedies.ts';

/**
 * `/docs`: the API reference, served by this appliance alone. Only its own scripts run, and it sends requests to this
 * appliance only: it works on a network without Internet access, and API keys entered in it stay here.
 */
export const docsPage: FastifyPluginAsync = async (app) => {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public' };
    route.schema = { ...route.schema, hide: true };
  });
  compressReplies(app);
  let reference: Promise<Reference> | undefined;
  for (const path of paths) {
    app.get(path, async ({ url }, reply) => {
      // The page names its script by a relative address.
      if (url.split('?')[0] === '/docs') return reply.redirect('/docs/', 301);
      reference ??= renderReference();
      reference.catch(() => {
        reference = undefined;
      });
      const { headers, body } = (await reference)[path];
      return reply.headers(headers).send(body);
    });
  }
};

const paths = ['/docs/', '/docs/js/scalar.js'] as const;
type Reference = Record<(typeof paths)[number], { headers: Record<string, string>; body: Buffer }>;

/** Read with the first request: its four megabytes and the modules behind them would be part of each start and of each process. */
async function renderReference(): Promise<Reference> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  await using renderer = fastify();
  await renderer.register(scalar, { routePrefix: '/docs', configuration });
  const render = async (path: string) => {
    const { headers, body } = await renderer.inject(path);
    const type = String(headers['content-type']);
    const kept: Record<string, string> = type.startsWith('text/html')
      ? { 'content-security-policy': policyOf(body) }
      : { 'cache-control': 'public, max-age=3600' };
    return { headers: { 'content-type': type, ...kept }, body: Buffer.from(body) };
  };
  return { '/docs/': await render('/docs/'), '/docs/js/scalar.js': await render('/docs/js/scalar.js') };
}

const configuration = {
  url: '/openapi.json',
  pageTitle: 'Gatehouse API',
  withDefaultFonts: false,
  hideClientButton: true,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  favicon: '/favicon.ico',
  orderSchemaPropertiesBy: 'preserve',
  // Its heading says "Models", which here are neural networks; every schema is shown where it is used.
  hideModels: true,
  authentication: { preferredSecurityScheme: 'apiKey' },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
} as const;

/** The inline script that starts the page is allowed by its hash; styles are made at run time and cannot be. */
function policyOf(html: string): string {
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

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

const Params = z.object({ code: z.enum(problemCodes).describe('Error code') });

/** `/docs/errors/CODE`: what an error names in `doc_url`. HTML for a browser, JSON for a program. */
export const errorPages: FastifyPluginAsync = async (app) => {
  app.get(
    '/docs/errors/:code',
    { config: { access: 'public' }, schema: { hide: true, params: Params } },
    async ({ params: { code }, headers: { accept = '' } }, reply) => {
      reply.header('vary', 'accept').header('cache-control', 'public, max-age=3600');
      const about = {
        code,
        status: defaultErrors[code].status,
        cause: errorCodes[code].means,
        remedy: errorRemedies[code],
      };
      if (!/\btext\/html\b/i.test(accept)) return about;
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', plainPagePolicy)
        .send(page(about));
    },
  );
};

const page = ({
  code,
  status,
  cause,
  remedy,
}: {
  code: ProblemCode;
  status: number;
  cause: string;
  remedy: string;
}) =>
  plainDocument({
    title: code,
    heading: `<code>${code}</code>`,
    body: `<p>HTTP status ${status}; some APIs answer it with another, as the <a href="/docs/">reference</a> says.</p>
<h2>Cause</h2>
<p>${html(cause)}</p>
<h2>What to do</h2>
<p>${html(remedy)}</p>`,
  });

const html = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
