import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import { Problem } from '../../lib/problem.ts';
import { createBook } from './book.ts';
import { helpDocument, helpIndex, helpMissing, helpNotBuilt, helpPolicy, helpSearch } from './page.ts';

export interface HelpDoorDeps {
  /** Where `npm run build:renderer` puts the documents. */
  folder: string;
  version: string;
}

const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;

/** `/help`: the documents of this version. Nothing in them is secret. */
export function createHelpDoor({ folder, version }: HelpDoorDeps): FastifyPluginAsync {
  const book = createBook(folder);
  const send = (reply: FastifyReply, html: string) =>
    reply
      .headers({ 'content-security-policy': helpPolicy, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(html);
  const notBuilt = (reply: FastifyReply) => send(reply.code(503), helpNotBuilt);
  return async (app) => {
    compressReplies(app);
    app.get('/help', hidden, async (_, reply) => {
      const found = await book();
      return found ? send(reply, helpIndex(found.documents, version)) : notBuilt(reply);
    });
    app.get<{ Querystring: { q?: unknown } }>('/help/search', hidden, async ({ query }, reply) => {
      const found = await book();
      if (!found) return notBuilt(reply);
      const asked = typeof query.q === 'string' ? query.q.slice(0, 200) : '';
      return send(reply, helpSearch(asked, found.search(asked)));
    });
    app.get<{ Params: { name: string } }>('/help/:name', hidden, async ({ params }, reply) => {
      const found = await book();
      if (!found) return notBuilt(reply);
      // As messages of earlier versions and people write it: WEBHOOKS.md
      const name = params.name.toLowerCase().replace(/\.md$/, '');
      const document = found.documents.find((one) => one.name === name);
      return document ? send(reply, helpDocument(document)) : send(reply.code(404), helpMissing(params.name));
    });
    app.get<{ Params: { name: string } }>('/help/files/:name', hidden, async ({ params }, reply) => {
      const file = (await book())?.files.get(params.name);
      if (!file) throw new Problem('NOT_FOUND', 'The help has no such file.');
      return reply.header('cache-control', 'no-cache').type(file.type).send(file.bytes);
    });
  };
}
