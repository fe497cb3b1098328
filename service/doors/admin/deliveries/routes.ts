import type { Deliveries } from '../../../engine/deliveries/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { paramsOf } from '../ids.ts';
import { operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromDelivery, fromDeliveryLog, fromHealth, toDeliveryQuery, toReplay } from './translate.ts';
import {
  DeliveryLogReply,
  DeliveryPage,
  DeliveryQuery,
  DeliveryReply,
  HealthListReply,
  HealthReply,
  Replay,
  ReplayReply,
  TestEvent,
} from './wire.ts';

export interface DeliveryRouteDeps {
  deliveries: Deliveries;
}

const params = { delivery: paramsOf('delivery'), webhook: paramsOf('webhook') };
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const sending = { operator: true, administrator: operators, key: 'admin' } as const;
const refuses = ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const;

/** Deliveries with their attempts, and resending. */
export const deliveryRoutes = (deps: DeliveryRouteDeps): AdminRoute[] => [
  ...logRoutes(deps),
  ...healthRoutes(deps),
  ...sendingRoutes(deps),
];

const logRoutes = ({ deliveries }: DeliveryRouteDeps): AdminRoute[] => [
  route({
    tag: 'deliveries',
    within: 'world',
    method: 'GET',
    url: '/deliveries',
    operationId: 'listDeliveries',
    effect: 'none',
    summary: 'List deliveries',
    description: 'Each event for each webhook, with its state.',
    may: looking,
    query: DeliveryQuery,
    reply: DeliveryPage,
    async handle({ realm, query }) {
      const found = await deliveries.list(realm, { ...toDeliveryQuery(query), limit: query.limit + 1 });
      return toPage(found.map(fromDelivery), query.limit, ({ id }) => id);
    },
  }),
  route({
    tag: 'deliveries',
    within: 'world',
    method: 'GET',
    url: '/deliveries/:id',
    operationId: 'getDelivery',
    effect: 'reads-personal',
    summary: 'Get a delivery with its attempts',
    description:
      'Each attempt with the stored request and response. They may hold personal data, so the access is recorded in the audit log; they are erased with the person. What a receiver at an address that is not public answered is shown to the operator of the box and to appliance owners.',
    may: looking,
    params: params.delivery,
    reply: DeliveryLogReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, who, forBox, params: { id } }) =>
      fromDeliveryLog(await deliveries.get(realm, id, who), forBox),
  }),
];

const healthRoutes = ({ deliveries }: DeliveryRouteDeps): AdminRoute[] => [
  route({
    tag: 'webhooks',
    within: 'world',
    method: 'GET',
    url: '/webhooks/health',
    operationId: 'listWebhookHealth',
    effect: 'none',
    summary: 'List the health of webhooks',
    description:
      'Of each webhook: deliveries of the last 24 hours, how many were accepted, how long it took, and what waits. Of each at most the newest 500 are counted.',
    may: looking,
    reply: HealthListReply,
    handle: async ({ realm }) => ({ items: (await deliveries.health(realm)).map(fromHealth) }),
  }),
  route({
    tag: 'webhooks',
    within: 'world',
    method: 'GET',
    url: '/webhooks/:id/health',
    operationId: 'getWebhookHealth',
    effect: 'none',
    summary: 'Get the health of a webhook',
    description: 'As in the list, of one webhook; at most its newest 5,000 deliveries are counted.',
    may: looking,
    params: params.webhook,
    reply: HealthReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, params: { id } }) => fromHealth(await deliveries.healthOf(realm, id)),
  }),
];

const sendingRoutes = ({ deliveries }: DeliveryRouteDeps): AdminRoute[] => [
  route({
    tag: 'deliveries',
    within: 'world',
    method: 'POST',
    url: '/deliveries/:id/resend',
    operationId: 'resendDelivery',
    effect: 'none',
    summary: 'Resend a delivery',
    description:
      'A new delivery of the same event to the same webhook, with the same `webhook-id`. Refused where the webhook is disabled, and where the person in the event was erased.',
    may: sending,
    params: params.delivery,
    status: 201,
    reply: DeliveryReply,
    refuses,
    handle: async ({ realm, who, params: { id } }) => fromDelivery(await deliveries.resend(realm, id, who)),
  }),
  route({
    tag: 'webhooks',
    within: 'world',
    method: 'POST',
    url: '/webhooks/:id/test',
    operationId: 'testWebhook',
    effect: 'none',
    summary: 'Send a test event',
    description:
      "The catalog's sample of an event, signed and sent now. The answer comes when the receiver has answered, with what was sent and what came back; it is tried once, also while the webhook is disabled. A failure of the receiver is in `log` and is not an error of this call.",
    may: sending,
    params: params.webhook,
    body: TestEvent,
    reply: DeliveryLogReply,
    refuses: [...refuses, 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'],
    handle: async ({ realm, who, forBox, params: { id }, body }) =>
      fromDeliveryLog(await deliveries.test(realm, id, body.event, who), forBox),
  }),
  route({
    tag: 'webhooks',
    within: 'world',
    method: 'POST',
    url: '/webhooks/:id/retry',
    operationId: 'retryWebhook',
    effect: 'none',
    summary: 'Try what waits now',
    description:
      'Deliveries that wait for their next attempt are tried at once, the oldest first, at most 100 of them, each with its whole schedule before it. Answers when they are due; refused while the webhook is disabled.',
    may: sending,
    params: params.webhook,
    status: 202,
    reply: ReplayReply,
    refuses,
    handle: async ({ realm, who, params: { id } }) => deliveries.tryWaiting(realm, id, who),
  }),
  route({
    tag: 'webhooks',
    within: 'world',
    method: 'POST',
    url: '/webhooks/:id/replay',
    operationId: 'replayToWebhook',
    effect: 'none',
    summary: 'Replay events',
    description:
      'Sends all events of the webhook in a span of time again, in order, with the same `webhook-id`; at most 30 days at a time. Replies when they are queued; 409 while a delivery of the last replay to this webhook still waits for its first attempt.',
    may: sending,
    params: params.webhook,
    body: Replay,
    status: 202,
    reply: ReplayReply,
    refuses,
    handle: async ({ realm, who, params: { id }, body }) => deliveries.replay(realm, toReplay(id, body), who),
  }),
];
