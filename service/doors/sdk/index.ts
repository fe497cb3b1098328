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

/** `/sdk/`: the client libraries of this version, and `/sdk/gatehouse.js`, the script that pages of every origin load. Nothing in them is secret. */
export const createSdkDoor = ({ pages, clients, version }: SdkDoorDeps): FastifyPluginAsync => {
  const files = createClientFiles(clients, version);
  return async (app) => {
    compressReplies(app);
    app.get('/sdk/gatehouse.js', hidden, async (_, reply) => {
      const script = (await pages())?.script('gatehouse.js');
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
