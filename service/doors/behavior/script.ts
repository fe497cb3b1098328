import type { FastifyPluginAsync } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import type { BuiltPages } from '../../http/pages/built-pages.ts';
import { Problem } from '../../lib/problem.ts';

export interface ScriptDoorDeps {
  /** What `npm run build:renderer` made; undefined: nothing yet. */
  pages: () => Promise<BuiltPages | undefined>;
}

const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
const TEN_MINUTES = 'public, max-age=600';

/** `/sdk/gatehouse.js`: the script that pages of every origin load. It is the same for all of them and holds no secret. */
export const createScriptDoor =
  ({ pages }: ScriptDoorDeps): FastifyPluginAsync =>
  async (app) => {
    compressReplies(app);
    app.get('/sdk/gatehouse.js', hidden, async (_, reply) => {
      const script = (await pages())?.script('gatehouse.js');
      if (!script)
        throw new Problem(
          'NOT_FOUND',
          'The script is not built. Run npm run build:renderer in the folder of Gatehouse.',
        );
      return reply
        .headers({
          'cache-control': TEN_MINUTES,
          'access-control-allow-origin': '*',
          'cross-origin-resource-policy': 'cross-origin',
        })
        .type(script.type)
        .send(script.bytes);
    });
  };
