import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { defaultErrors } from '../../http/default-errors.ts';
import { type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { errorCodes } from './error-codes.ts';
import { errorRemedies } from './error-remedies.ts';

const Params = z.object({ code: z.enum(problemCodes).describe('Error code') });

/** `/docs/errors/CODE`: what an error names in `doc_url`. HTML for a browser, JSON for a program. */
export const errorPages: FastifyPluginAsync = async (app) => {
  app.get<{ Params: z.output<typeof Params> }>(
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
        .header('content-security-policy', POLICY)
        .send(page(about));
    },
  );
};

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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
}) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${code} · Gatehouse</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; font: 16px/24px ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif; background: light-dark(#f5f5f2, #101416); color: light-dark(#1b2023, #e9edee) }
main { max-width: 42rem; margin: 0 auto; padding: 48px 16px }
h1 { font: 600 24px/32px ui-monospace, 'DejaVu Sans Mono', monospace; margin: 0 0 8px; overflow-wrap: anywhere }
h2 { font-size: 16px; margin: 24px 0 4px }
p { margin: 0 }
code { font: 14px/22px ui-monospace, 'DejaVu Sans Mono', monospace; padding: 1px 4px; border-radius: 4px; background: light-dark(#e9e9e4, #1f272b) }
a { color: light-dark(#0e5569, #7cc4d8) }
</style>
</head>
<body>
<main>
<h1>${code}</h1>
<p>HTTP status ${status}; some APIs answer it with another, as the <a href="/docs/">reference</a> says.</p>
<h2>Cause</h2>
<p>${html(cause)}</p>
<h2>What to do</h2>
<p>${html(remedy)}</p>
</main>
</body>
</html>
`;

const html = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
    .replace(/`([^`]+)`/g, '<code>$1</code>');
