import type { Webhooks } from '../../../engine/webhooks/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { managers, operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromCatalog, fromEndpoint, fromNewEndpoint, toEndpointChange, toNewEndpoint } from './translate.ts';
import {
  CatalogQuery,
  CatalogReply,
  Disable,
  NewWebhook,
  NewWebhookReply,
  Rotate,
  WebhookChange,
  WebhookPage,
  WebhookQuery,
  WebhookReply,
} from './wire.ts';

export interface WebhookRouteDeps {
  webhooks: Webhooks;
}

const params = paramsOf('webhook');
const about = { tag: 'webhooks', within: 'world' } as const;
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const switching = { operator: true, administrator: operators, key: 'admin' } as const;
const changing = { operator: true, administrator: managers, key: 'admin' } as const;
const pointing = ['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;
const refuses = ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const;

/** Webhooks of an organization. */
export const webhookRoutes = (deps: WebhookRouteDeps): AdminRoute[] => [
  ...readingRoutes(deps),
  ...changingRoutes(deps),
  ...stateRoutes(deps),
];

const readingRoutes = ({ webhooks }: WebhookRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/webhooks',
    operationId: 'listWebhooks',
    effect: 'none',
    summary: 'List webhooks',
    description: 'The webhooks of the organization in one world, without their secrets.',
    may: looking,
    query: WebhookQuery,
    reply: WebhookPage,
    async handle({ realm, who, query: { limit, cursor, family } }) {
      const found = await webhooks.page(realm, defined({ family, before: cursor, limit: limit + 1 }));
      return toPage(
        found.map((one) => fromEndpoint(one, who)),
        limit,
        ({ id }) => id,
      );
    },
  }),
  route({
    ...about,
    within: 'appliance',
    method: 'GET',
    url: '/webhooks/catalog',
    operationId: 'listCatalog',
    effect: 'none',
    summary: 'List the catalog of events',
    description: 'Every event that a webhook can subscribe to: when it is sent, and an example body.',
    may: looking,
    query: CatalogQuery,
    reply: CatalogReply,
    handle: ({ query }) => fromCatalog(webhooks.catalog(), query.family),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/webhooks/:id',
    operationId: 'getWebhook',
    effect: 'none',
    summary: 'Get a webhook',
    description: 'One webhook, without its secret.',
    may: looking,
    params,
    reply: WebhookReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, who, params: { id } }) => fromEndpoint(await webhooks.get(realm, id), who),
  }),
];

const changingRoutes = ({ webhooks }: WebhookRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/webhooks',
    operationId: 'createWebhook',
    effect: 'opens-the-box',
    summary: 'Create a webhook',
    description:
      'The webhook receives the selected events from now on. The reply has its secret, which is shown only once. The URL is checked now and at each delivery: it needs a grant, which an administrator gives on the box.',
    may: changing,
    body: NewWebhook,
    status: 201,
    reply: NewWebhookReply,
    refuses: [...pointing, 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, who, body }) =>
      fromNewEndpoint(await webhooks.add(realm, toNewEndpoint(body), who), who),
  }),
  route({
    ...about,
    method: 'PATCH',
    url: '/webhooks/:id',
    operationId: 'changeWebhook',
    effect: 'opens-the-box',
    summary: 'Change a webhook',
    description:
      'Changes the fields that are sent; `null` removes a CA or a pinned key. Waiting deliveries go to the new URL. The family and the signature cannot be changed: create another webhook.',
    may: changing,
    params,
    body: WebhookChange,
    reply: WebhookReply,
    refuses: [...refuses, ...pointing],
    handle: async ({ realm, who, params: { id }, body }) =>
      fromEndpoint(await webhooks.change(realm, id, toEndpointChange(body), who), who),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/webhooks/:id',
    operationId: 'removeWebhook',
    effect: 'none',
    summary: 'Remove a webhook',
    description: 'Nothing is sent to it any more; waiting deliveries are dropped and stay in the log.',
    may: changing,
    params,
    refuses,
    handle: ({ realm, who, params: { id } }) => webhooks.remove(realm, id, who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/webhooks/:id/rotate',
    operationId: 'rotateWebhookSecret',
    effect: 'opens-the-box',
    summary: 'Rotate the secret of a webhook',
    description:
      'Creates a new secret, which is shown only once. Until `cutOverAt` a `standard` signature is made with both secrets; the other kinds sign with the old one and have the new signature in `<header>-next`.',
    may: changing,
    params,
    body: Rotate,
    reply: NewWebhookReply,
    refuses,
    handle: async ({ realm, who, params: { id }, body }) =>
      fromNewEndpoint(await webhooks.rotate(realm, id, body.overlapSeconds * 1000, who), who),
  }),
];

const stateRoutes = ({ webhooks }: WebhookRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/webhooks/:id/disable',
    operationId: 'disableWebhook',
    effect: 'none',
    summary: 'Disable a webhook',
    description:
      'Nothing is sent to it. Deliveries keep waiting until their schedule ends, and are sent when it is enabled again.',
    may: switching,
    params,
    body: Disable,
    reply: WebhookReply,
    refuses,
    handle: async ({ realm, who, params: { id }, body }) =>
      fromEndpoint(await webhooks.disable(realm, id, body.reason, who), who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/webhooks/:id/enable',
    operationId: 'enableWebhook',
    effect: 'opens-the-box',
    summary: 'Enable a webhook',
    description: 'Waiting deliveries and new events are sent.',
    may: switching,
    params,
    reply: WebhookReply,
    refuses,
    handle: async ({ realm, who, params: { id } }) =>
      fromEndpoint(await webhooks.enable(realm, id, who), who),
  }),
];
