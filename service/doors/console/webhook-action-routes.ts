import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { paramsOf } from './page.ts';
import { fromDeliveryLog, toReplay } from './translate.ts';
import { Replay, TestEvent } from './wire.ts';
import { DeliveryLogReply, ReplayReply } from './wire-replies.ts';

const params = paramsOf('webhook');
type One = { Params: z.output<typeof params> };
const tags = ['webhooks'];
const changing = { access: 'admin', refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] } as const;

/** What is sent to a webhook on demand. */
export const webhookActionRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'deliveries'>> = async (
  app,
  { deliveries },
) => {
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
