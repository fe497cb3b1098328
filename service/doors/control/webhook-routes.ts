import type { FastifyPluginAsync } from 'fastify';
import { defined } from '../../lib/defined.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { fromEndpoint, fromSecret } from './webhook-translate.ts';
import {
  DisableWebhook,
  InWorld,
  NewWebhook,
  RotateSecret,
  WebhookChange,
  WebhookParams,
  WebhookQuery,
} from './webhook-wire.ts';

/** Where an organization's events go. */
export const webhookRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'webhooks'>> = async (
  app,
  { organizations, webhooks },
) => {
  const organizationOf = createOrganizationOf(organizations);
  const webhookOf = (params: unknown) => parse(WebhookParams, params).webhook;

  app.get('/webhooks/catalog', async () => ({ events: webhooks.catalog() }));

  app.get('/organizations/:organization/webhooks', async ({ params, query }) => {
    const organization = await organizationOf(params);
    const { world, ...filter } = defined(parse(WebhookQuery, query));
    return { webhooks: (await webhooks.list({ organization, world }, filter)).map(fromEndpoint) };
  });

  app.post('/organizations/:organization/webhooks', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { world, ...wanted } = defined(parse(NewWebhook, request.body));
    const made = await webhooks.add({ organization, world }, wanted, operator(request));
    return reply.code(201).send(fromSecret(made));
  });

  app.get('/organizations/:organization/webhooks/:webhook', async ({ params, query }) => {
    const organization = await organizationOf(params);
    const { world } = parse(InWorld, query);
    return fromEndpoint(await webhooks.get({ organization, world }, webhookOf(params)));
  });

  app.patch('/organizations/:organization/webhooks/:webhook', async (request) => {
    const organization = await organizationOf(request.params);
    const { world, ...change } = defined(parse(WebhookChange, request.body));
    const realm = { organization, world };
    return fromEndpoint(await webhooks.change(realm, webhookOf(request.params), change, operator(request)));
  });

  app.delete('/organizations/:organization/webhooks/:webhook', async (request) => {
    const organization = await organizationOf(request.params);
    const { world } = parse(InWorld, request.body);
    const webhook = webhookOf(request.params);
    await webhooks.remove({ organization, world }, webhook, operator(request));
    return { removed: webhook };
  });

  app.post('/organizations/:organization/webhooks/:webhook/enable', async (request) => {
    const organization = await organizationOf(request.params);
    const { world } = parse(InWorld, request.body);
    return fromEndpoint(
      await webhooks.enable({ organization, world }, webhookOf(request.params), operator(request)),
    );
  });

  app.post('/organizations/:organization/webhooks/:webhook/disable', async (request) => {
    const organization = await organizationOf(request.params);
    const { world, reason } = parse(DisableWebhook, request.body);
    return fromEndpoint(
      await webhooks.disable({ organization, world }, webhookOf(request.params), reason, operator(request)),
    );
  });

  app.post('/organizations/:organization/webhooks/:webhook/rotate', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { world, overlapSeconds } = parse(RotateSecret, request.body);
    const made = await webhooks.rotate(
      { organization, world },
      webhookOf(request.params),
      overlapSeconds * 1000,
      operator(request),
    );
    return reply.code(201).send(fromSecret(made));
  });
};
