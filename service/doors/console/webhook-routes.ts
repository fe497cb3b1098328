import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './index.ts';
import { cutPage, paramsOf } from './page.ts';
import {
  fromCatalog,
  fromDeliveryLog,
  fromEndpoint,
  fromNewEndpoint,
  toEndpointChange,
  toNewEndpoint,
  toReplay,
} from './translate.ts';
import {
  bodyLimit,
  CatalogQuery,
  Disable,
  NewWebhook,
  Nothing,
  Replay,
  Rotate,
  TestEvent,
  WebhookChange,
  WebhookQuery,
} from './wire.ts';
import {
  CatalogReply,
  DeliveryLogReply,
  NewWebhookReply,
  ReplayReply,
  WebhookPage,
  WebhookReply,
} from './wire-replies.ts';

const params = paramsOf('webhook');
type One = { Params: z.output<typeof params> };
const tags = ['webhooks'];
const config = { access: 'admin' } as const;
const ofOne = { ...config, refuses: ['NOT_FOUND'] } as const;
const changing = { ...config, refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] } as const;
const pointing = ['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;

/** Where the organization's events go. */
export const webhookRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'webhooks' | 'deliveries'>> = async (
  app,
  { webhooks, deliveries },
) => {
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
      bodyLimit,
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
      bodyLimit,
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

  app.post<One>(
    '/api/admin/webhooks/:id/enable',
    {
      config: changing,
      schema: {
        operationId: 'enableWebhook',
        summary: 'Enable a webhook',
        description: 'What waits for it goes out, and what happens from now on.',
        tags,
        params,
        body: Nothing,
        response: { 200: WebhookReply },
      },
    },
    async (request) =>
      fromEndpoint(await webhooks.enable(realmOf(request), request.params.id, actorOf(request))),
  );

  app.post<One & { Body: z.output<typeof Disable> }>(
    '/api/admin/webhooks/:id/disable',
    {
      config: changing,
      schema: {
        operationId: 'disableWebhook',
        summary: 'Disable a webhook',
        description:
          'Nothing is sent to it. What waits for it stays waiting for as long as the schedule lasts, and goes out when it is enabled again.',
        tags,
        params,
        body: Disable,
        response: { 200: WebhookReply },
      },
    },
    async (request) =>
      fromEndpoint(
        await webhooks.disable(realmOf(request), request.params.id, request.body.reason, actorOf(request)),
      ),
  );

  app.post<One & { Body: z.output<typeof Rotate> }>(
    '/api/admin/webhooks/:id/rotate',
    {
      config: changing,
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Rotate the secret of a webhook',
        description:
          'A new secret, shown this once. Until `cutOverAt` a `standard` signature is made with both secrets; the other kinds sign with the old one and carry the new signature in `<header>-next`.',
        tags,
        params,
        body: Rotate,
        response: { 200: NewWebhookReply },
      },
    },
    async (request) =>
      fromNewEndpoint(
        await webhooks.rotate(
          realmOf(request),
          request.params.id,
          request.body.overlapSeconds * 1000,
          actorOf(request),
        ),
      ),
  );

  app.post<One & { Body: z.output<typeof TestEvent> }>(
    '/api/admin/webhooks/:id/test',
    {
      config: { ...changing, refuses: [...changing.refuses, ...pointing] },
      schema: {
        operationId: 'testWebhook',
        summary: 'Send a test event',
        description:
          "The catalog's sample of an event, signed and sent now. The answer comes when the receiver has answered, with what was sent and what came back; it is tried once. A receiver that fails is told in `log`, not as an error of this call.",
        tags,
        params,
        body: TestEvent,
        response: { 200: DeliveryLogReply },
      },
    },
    async (request) =>
      fromDeliveryLog(
        await deliveries.test(realmOf(request), request.params.id, request.body.event, actorOf(request)),
      ),
  );

  app.post<One & { Body: Replay }>(
    '/api/admin/webhooks/:id/replay',
    {
      config: changing,
      schema: {
        operationId: 'replayToWebhook',
        summary: 'Replay events',
        description:
          'Everything that the webhook would have got in a span of time, again, in order, with the same `webhook-id`. Answers when it is queued.',
        tags,
        params,
        body: Replay,
        response: { 202: ReplayReply },
      },
    },
    async (request, reply) =>
      reply
        .code(202)
        .send(
          await deliveries.replay(
            realmOf(request),
            toReplay(request.params.id, request.body),
            actorOf(request),
          ),
        ),
  );
};
