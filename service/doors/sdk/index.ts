import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import type { BuiltPages } from '../../http/pages/built-pages.ts';
import { Problem } from '../../lib/problem.ts';
import { type ClientFile, createClientFiles, listed } from './client-files.ts';
import { sdkPage, sdkPagePolicy } from './page.ts';

export interface SdkDoorDeps {
  /** What `npm run build:renderer` made; undefined: nothing yet. */
  pages: () => Promise<BuiltPages | undefined>;
  /** Where `npm run build:sdk` puts the client libraries. */
  clients: string;
  version: string;
}

const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
const TEN_MINUTES = 'public, max-age=600';
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Scripts that pages of every origin load; the last stand where pages of Turnstile, reCAPTCHA and hCaptcha look for theirs. */
const scripts = {
  '/sdk/gatehouse.js': 'gatehouse.js',
  '/turnstile/v0/api.js': 'siteverify.js',
  '/recaptcha/api.js': 'siteverify.js',
  '/recaptcha/v3/api.js': 'siteverify.js',
  '/1/api.js': 'siteverify.js',
};

/** `/sdk/`: the client libraries of this version, and the scripts. Nothing in them is secret. */
export const createSdkDoor = ({ pages, clients, version }: SdkDoorDeps): FastifyPluginAsync => {
  const files = createClientFiles(clients, version);
  return async (app) => {
    compressReplies(app);
    for (const [path, name] of Object.entries(scripts))
      app.get(path, hidden, async (_, reply) => {
        const script = (await pages())?.script(name);
        if (!script)
          throw new Problem(
            'NOT_FOUND',
            'The script is not built. Run npm run build:renderer in the folder of Gatehouse.',
          );
        return sendOpen(reply, script, TEN_MINUTES);
      });

    app.get<{ Params: { name: string } }>('/sdk/:name', hidden, async ({ params }, reply) => {
      const file = built(await files()).find(({ name }) => name === params.name);
      if (!file)
        throw new Problem('NOT_FOUND', `This box serves no ${params.name}: /sdk/ lists what it does.`);
      return sendOpen(reply, file, FOR_EVER);
    });

    app.get('/sdk/', hidden, async (request, reply) => {
      const list = { version, files: built(await files()).map(listed) };
      reply.headers({ 'cache-control': 'no-cache', vary: 'accept' });
      if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return list;
      return reply
        .header('content-security-policy', sdkPagePolicy)
        .type('text/html; charset=utf-8')
        .send(sdkPage(list, `${request.protocol}://${request.host}`));
    });
  };
};

/** Pages of every origin may load it. */
const sendOpen = (reply: FastifyReply, { type, bytes }: { type: string; bytes: Buffer }, cached: string) =>
  reply
    .headers({
      'cache-control': cached,
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
    .type(type)
    .send(bytes);

function built(files: readonly ClientFile[] | undefined): readonly ClientFile[] {
  if (files) return files;
  throw new Problem(
    'NOT_FOUND',
    'The client libraries of this version are not built. Run npm run build:sdk in the folder of Gatehouse.',
  );
}
