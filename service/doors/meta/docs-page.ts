import { Worker } from 'node:worker_threads';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { compressReplies } from '../../http/compressed-replies.ts';
import { defaultErrors } from '../../http/default-errors.ts';
import { escapeHtml, plainDocument, plainPagePolicy } from '../../http/pages/plain-page.ts';
import { answerOf } from '../../lib/machine/page-thread.ts';
import { type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { errorCodes } from './error-codes.ts';
import { errorRemedies } from './error-remedies.ts';
import type { Reference } from './reference-worker.ts';

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
  let reference: ReturnType<typeof renderReference> | undefined;
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

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './reference-worker.ts' : './reference-worker.js',
  import.meta.url,
);

/**
 * With the first request: its four megabytes and the modules behind them would be part of each start and of each process. In a thread:
 * they take half a second of the processor.
 */
async function renderReference() {
  const made = await answerOf<Reference>(new Worker(worker), 'makes the API reference');
  const bytesOf = (path: (typeof paths)[number]) => ({
    ...made[path],
    body: Buffer.from(made[path].body.buffer),
  });
  return { '/docs/': bytesOf('/docs/'), '/docs/js/scalar.js': bytesOf('/docs/js/scalar.js') };
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
