import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { paramsOf, toPage } from './page.ts';
import { fromDelivery, fromDeliveryLog } from './translate.ts';
import { DeliveryQuery, Nothing } from './wire.ts';
import { DeliveryLogReply, DeliveryPage, DeliveryReply } from './wire-replies.ts';

const params = paramsOf('delivery');
type One = { Params: z.output<typeof params> };
const tags = ['deliveries'];
const config = { access: 'admin' } as const;

/** What was sent, what came back, and what waits. */
export const deliveryRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'deliveries'>> = async (
  app,
  { deliveries },
) => {
  app.get<{ Querystring: DeliveryQuery }>(
    '/api/admin/deliveries',
    {
      config,
      schema: {
        operationId: 'listDeliveries',
        summary: 'List deliveries',
        description: 'Each event on its way to each webhook, and where it stands.',
        tags,
        querystring: DeliveryQuery,
        response: { 200: DeliveryPage },
      },
    },
    async (request) => {
      const { limit, ...filter } = request.query;
      const found = await deliveries.list(realmOf(request), { ...defined(filter), limit: limit + 1 });
      return toPage(found.map(fromDelivery), limit);
    },
  );

  app.get<One>(
    '/api/admin/deliveries/:id',
    {
      config: { ...config, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'getDelivery',
        summary: 'Get a delivery with its attempts',
        description:
          'Each attempt with what was sent and what came back, as far as it is kept. It may be personal, so this is written to the audit log; once the person was erased, it is gone.',
        tags,
        params,
        response: { 200: DeliveryLogReply },
      },
    },
    async (request) =>
      fromDeliveryLog(await deliveries.get(realmOf(request), request.params.id, actorOf(request))),
  );

  app.post<One>(
    '/api/admin/deliveries/:id/resend',
    {
      config: { ...config, refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] },
      schema: {
        operationId: 'resendDelivery',
        summary: 'Resend a delivery',
        description:
          'A new delivery of the same event to the same webhook, with the same `webhook-id`. Refused where the webhook is disabled, and where the person it tells of was erased.',
        tags,
        params,
        body: Nothing,
        response: { 201: DeliveryReply },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(fromDelivery(await deliveries.resend(realmOf(request), request.params.id, actorOf(request)))),
  );
};
