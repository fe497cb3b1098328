import type { FastifyPluginAsync } from 'fastify';
import { defined } from '../../lib/defined.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { toPage } from './page.ts';
import { parse } from './parse.ts';
import { fromDelivery, fromDeliveryLog } from './webhook-translate.ts';
import {
  DeliveryPage,
  DeliveryParams,
  InWorld,
  ReplayEvents,
  TestWebhook,
  WebhookParams,
} from './webhook-wire.ts';

/** What was sent to webhooks, what came back, and sending it again. */
export const deliveryRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'deliveries'>> = async (
  app,
  { organizations, deliveries },
) => {
  const organizationOf = createOrganizationOf(organizations);
  const webhookOf = (params: unknown) => parse(WebhookParams, params).webhook;
  const deliveryOf = (params: unknown) => parse(DeliveryParams, params).delivery;

  app.get('/organizations/:organization/deliveries', async ({ params, query }) => {
    const organization = await organizationOf(params);
    const { world, webhook, limit, ...rest } = defined(parse(DeliveryPage, query));
    const found = await deliveries.list(
      { organization, world },
      { ...rest, ...(webhook !== undefined && { endpoint: webhook }), limit: limit + 1 },
    );
    const { items, ...next } = toPage(found, limit);
    return { deliveries: items.map(fromDelivery), ...next };
  });

  app.get('/organizations/:organization/deliveries/:delivery', async (request) => {
    const organization = await organizationOf(request.params);
    const { world } = parse(InWorld, request.query);
    return fromDeliveryLog(
      await deliveries.get({ organization, world }, deliveryOf(request.params), operator(request)),
    );
  });

  app.post('/organizations/:organization/deliveries/:delivery/resend', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { world } = parse(InWorld, request.body);
    const made = await deliveries.resend(
      { organization, world },
      deliveryOf(request.params),
      operator(request),
    );
    return reply.code(202).send(fromDelivery(made));
  });

  app.post('/organizations/:organization/webhooks/:webhook/test', async (request) => {
    const organization = await organizationOf(request.params);
    const { world, event } = parse(TestWebhook, request.body);
    return fromDeliveryLog(
      await deliveries.test({ organization, world }, webhookOf(request.params), event, operator(request)),
    );
  });

  app.post('/organizations/:organization/webhooks/:webhook/replay', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { world, since, until } = parse(ReplayEvents, request.body);
    const order = {
      endpoint: webhookOf(request.params),
      since: Date.parse(since),
      ...(until !== undefined && { until: Date.parse(until) }),
    };
    return reply.code(202).send(await deliveries.replay({ organization, world }, order, operator(request)));
  });
};
