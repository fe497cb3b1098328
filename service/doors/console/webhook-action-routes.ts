import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { paramsOf } from './page.ts';
import { fromDeliveryLog, fromEndpoint, fromNewEndpoint, toReplay } from './translate.ts';
import { Disable, Nothing, Replay, Rotate, TestEvent } from './wire.ts';
import { DeliveryLogReply, NewWebhookReply, ReplayReply, WebhookReply } from './wire-replies.ts';

const params = paramsOf('webhook');
type One = { Params: z.output<typeof params> };
const tags = ['webhooks'];
const changing = { access: 'admin', refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] } as const;

/** What is done with a webhook that is there. */
export const webhookActionRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'webhooks' | 'deliveries'>> = async (
  app,
  { webhooks, deliveries },
) => {
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
      config: {
        ...changing,
        refuses: [...changing.refuses, 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'],
      },
      schema: {
        operationId: 'testWebhook',
        summary: 'Send a test event',
        description:
          "The catalog's sample of an event, signed and sent now. The answer comes when the receiver has answered, with what was sent and what came back; it is tried once, also while the webhook is disabled. A receiver that fails is told in `log`, not as an error of this call.",
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
          'Everything that the webhook would have got in a span of time, again, in order, with the same `webhook-id`; at most 30 days at a time. Answers when it is queued; a 409 while a delivery of the last replay to this webhook still waits for its first attempt.',
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
