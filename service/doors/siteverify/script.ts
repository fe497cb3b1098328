import type { FastifyPluginAsync } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import type { BuiltPages } from '../../http/pages/built-pages.ts';
import { Problem } from '../../lib/problem.ts';

/** Where pages of Turnstile, reCAPTCHA and hCaptcha load their scripts. */
const paths = ['/turnstile/v0/api.js', '/recaptcha/api.js', '/recaptcha/v3/api.js', '/1/api.js'];

/** One script for all of them, the same for every origin. */
export const createWidgetScriptDoor =
  ({ pages }: { pages: () => Promise<BuiltPages | undefined> }): FastifyPluginAsync =>
  async (app) => {
    compressReplies(app);
    for (const path of paths)
      app.get(
        path,
        { config: { access: 'public', quiet: true }, schema: { hide: true } },
        async (_, reply) => {
          const script = (await pages())?.script('siteverify.js');
          if (!script)
            throw new Problem(
              'NOT_FOUND',
              'The script is not built. Run npm run build:renderer in the folder of Gatehouse.',
            );
          return reply
            .headers({
              'cache-control': 'public, max-age=600',
              'access-control-allow-origin': '*',
              'cross-origin-resource-policy': 'cross-origin',
            })
            .type(script.type)
            .send(script.bytes);
        },
      );
  };
