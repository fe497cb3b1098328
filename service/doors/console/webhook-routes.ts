import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { cutPage, paramsOf } from './page.ts';
import { fromCatalog, fromEndpoint, fromNewEndpoint, toEndpointChange, toNewEndpoint } from './translate.ts';
import { CatalogQuery, NewWebhook, Nothing, WebhookChange, WebhookQuery } from './wire.ts';
import { CatalogReply, NewWebhookReply, WebhookPage, WebhookReply } from './wire-replies.ts';

const params = paramsOf('webhook');
type One = { Params: z.output<typeof params> };
const tags = ['webhooks'];
const config = { access: 'admin' } as const;
const ofOne = { ...config, refuses: ['NOT_FOUND'] } as const;
const changing = { ...config, refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] } as const;
const pointing = ['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;

/** Where the organization's events go. */
export const webhookRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'webhooks'>> = async (app, { webhooks }) => {
  app.get<{ Querystring: z.output<typeof WebhookQuery> }>(
    '/api/admin/webhooks',
    {
      config,
      schema: {
        operationId: 'listWebhooks',
        summary: 'List webhooks',
        description: 'The webhooks of the organization in the world of the key. No secret is among it.',
        tags,
        querystring: WebhookQuery,
        response: { 200: WebhookPage },
      },
    },
    async (request) => {
      const { family, ...page } = request.query;
      const all = await webhooks.list(realmOf(request), family === undefined ? {} : { family });
      return cutPage(all.map(fromEndpoint), page);
    },
  );

  app.post<{ Body: NewWebhook }>(
    '/api/admin/webhooks',
    {
      config: { ...config, refuses: [...pointing, 'CONFLICT', 'STORAGE_FULL'] },
      schema: {
        operationId: 'createWebhook',
        summary: 'Create a webhook',
        description:
          'From now on it gets the events it names. The answer carries its secret, this once. The address is checked now and again at each delivery: it needs a grant, which an administrator gives on the box.',
        tags,
        body: NewWebhook,
        response: { 201: NewWebhookReply },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(
          fromNewEndpoint(
            await webhooks.add(realmOf(request), toNewEndpoint(request.body), actorOf(request)),
          ),
        ),
  );

  app.get<{ Querystring: z.output<typeof CatalogQuery> }>(
    '/api/admin/webhooks/catalog',
    {
      config,
      schema: {
        operationId: 'listCatalog',
        summary: 'List the events there are',
        description: 'Every event that a webhook can ask for: when it is sent, and a body as it is sent.',
        tags,
        querystring: CatalogQuery,
        response: { 200: CatalogReply },
      },
    },
    async (request) => fromCatalog(webhooks.catalog(), request.query.family),
  );

  app.get<One>(
    '/api/admin/webhooks/:id',
    {
      config: ofOne,
      schema: {
        operationId: 'getWebhook',
        summary: 'Get a webhook',
        description: 'One webhook, without its secret.',
        tags,
        params,
        response: { 200: WebhookReply },
      },
    },
    async (request) => fromEndpoint(await webhooks.get(realmOf(request), request.params.id)),
  );

  app.patch<One & { Body: WebhookChange }>(
    '/api/admin/webhooks/:id',
    {
      config: { ...changing, refuses: [...changing.refuses, ...pointing] },
      schema: {
        operationId: 'changeWebhook',
        summary: 'Change a webhook',
        description:
          'What is named is changed, the rest stays; `null` takes a CA or a pinned key away. What waits for it goes to the new address. Its family and the way it is signed cannot be changed: make another.',
        tags,
        params,
        body: WebhookChange,
        response: { 200: WebhookReply },
      },
    },
    async (request) =>
      fromEndpoint(
        await webhooks.change(
          realmOf(request),
          request.params.id,
          toEndpointChange(request.body),
          actorOf(request),
        ),
      ),
  );

  app.delete<One>(
    '/api/admin/webhooks/:id',
    {
      config: changing,
      schema: {
        operationId: 'removeWebhook',
        summary: 'Remove a webhook',
        description: 'Nothing is sent to it any more, not even what waits; its deliveries stay in the log.',
        tags,
        params,
        response: { 204: Nothing.describe('Removed') },
      },
    },
    async (request, reply) => {
      await webhooks.remove(realmOf(request), request.params.id, actorOf(request));
      return reply.code(204).send();
    },
  );
};
