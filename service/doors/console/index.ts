import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import { type BuiltPages, pagePolicy, permissionsPolicy } from '../../http/pages/built-pages.ts';
import { Problem } from '../../lib/problem.ts';

export interface ConsoleDoorDeps {
  /** What `npm run build:renderer` made; undefined: nothing yet. */
  pages: () => Promise<BuiltPages | undefined>;
  /** Unguessable, another one for each page that is served. */
  nonce: () => string;
}

/** The pages that are served here, each below its own name. */
const names = ['console', 'kiosk'];
/** Stands in the HTML where the nonce belongs. */
const NONCE_PLACE = '__NONCE__';
const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;

/** `/console/`: the pages for administrators, and `/assets/`, what they load. Nothing secret is in them; they sign in by `/api/auth`. */
export const createConsoleDoor =
  ({ pages, nonce }: ConsoleDoorDeps): FastifyPluginAsync =>
  async (app) => {
    const show = async (name: string, reply: FastifyReply) => {
      const html = (await pages())?.page(name);
      if (html === undefined) return reply.code(503).type('text/html; charset=utf-8').send(notBuilt);
      const once = nonce();
      return reply
        .headers({
          'content-security-policy': pagePolicy(once),
          'permissions-policy': permissionsPolicy,
          'cross-origin-opener-policy': 'same-origin',
          'referrer-policy': 'same-origin',
        })
        .type('text/html; charset=utf-8')
        .send(html.replaceAll(NONCE_PLACE, once));
    };
    for (const page of names) {
      app.get(`/${page}`, hidden, (_, reply) => show(page, reply));
      // Every address below it is a screen, which the page itself finds.
      app.get(`/${page}/*`, hidden, (_, reply) => show(page, reply));
    }
    await app.register(async (assets) => {
      compressReplies(assets);
      assets.get<{ Params: { '*': string } }>('/assets/*', hidden, async ({ params }, reply) => {
        const asset = (await pages())?.asset(params['*']);
        if (!asset) throw new Problem('NOT_FOUND', 'There is nothing at this address.');
        return reply
          .header('cache-control', 'public, max-age=31536000, immutable')
          .type(asset.type)
          .send(asset.bytes);
      });
    });
  };

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The console is not built</title></head>
<body><h1>The console is not built</h1>
<p>This Gatehouse was installed without its development dependencies. In its folder run <code>npm ci</code> (without
<code>--omit=dev</code>) and <code>npm run build:renderer</code>, then load this page again. Everything else works: see
<a href="/docs/">the API</a> and the command <code>gatehouse --help</code>.</p>
</body></html>`;
