import { z } from 'zod';
import {
  type Deliveries,
  Delivery,
  type DeliveryAttempt,
  deliveryStates,
  EndpointHealth,
  type EventLog,
  EventRecord,
  exampleOfDelivery,
} from '../../engine/events/index.ts';
import { moment } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { operators, readers } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const attempt = {
  number: 1,
  at: '2026-11-20T12:00:02.131Z',
  outcome: 'status',
  status: 503,
  milliseconds: 18.4,
  request: {
    url: 'https://hooks.example.org/gatehouse',
    headers: {
      'x-source': '(not kept)',
      'content-type': 'application/json',
      'user-agent': 'Gatehouse/0.1.0',
      'webhook-id': exampleOfDelivery.event,
      'webhook-timestamp': '1795176002',
      'webhook-signature': '(not kept)',
      'x-proof-signature': '(not kept)',
    },
    body: '{"event":"verification.failure","orgId":"org_01m7w2y4m7v3pcd0w8x9q6r5zt","timestamp":"2026-11-20T12:00:02.090Z","data":{"verified":false}}',
  },
  response: { headers: { 'content-type': 'text/plain' }, body: 'be back soon', truncated: false },
};

const eventName = z.string().min(1).max(80);

const TestEvent = z
  .strictObject({
    event: eventName.optional().describe('The event to send; the first of the webhook when absent'),
  })
  .meta({ id: 'TestEvent', examples: [{ event: 'identity.verification.success' }] });

const Replay = z
  .strictObject({
    since: moment().describe('Start of the range, inclusive, ISO 8601'),
    until: moment().optional().describe('End of the range, exclusive; now when absent'),
  })
  .meta({ id: 'Replay', examples: [{ since: '2026-11-20T06:00:00Z', until: '2026-11-20T09:30:00Z' }] });

const texts = z.record(z.string(), z.string()).describe('Header names and values');

const Attempt = z
  .strictObject({
    number: z.int().min(1).describe('Number of the attempt'),
    ...Delivery.shape.last.unwrap().shape,
    request: z
      .strictObject({
        url: z.string().describe('URL'),
        headers: texts,
        body: z.string().describe('The body'),
      })
      .optional()
      .describe('The request, without secrets and signatures; absent once its person was erased'),
    response: z
      .strictObject({
        headers: texts,
        body: z.string().describe('The beginning of the body'),
        truncated: z.boolean().describe('Whether the stored body is truncated'),
      })
      .optional()
      .describe('The response'),
    error: z.string().optional().describe('Reason why there is no response'),
  })
  .meta({ id: 'DeliveryAttempt', description: 'One attempt.', examples: [attempt] });

const DeliveryWithLog = Delivery.extend({
  log: z.array(Attempt).describe('Every attempt, in order'),
}).meta({
  id: 'DeliveryWithLog',
  description: 'The delivery and every attempt.',
  examples: [{ ...exampleOfDelivery, log: [attempt] }],
});

const HealthListReply = z
  .strictObject({ items: z.array(EndpointHealth).describe('One for each webhook, the oldest first') })
  .meta({
    id: 'WebhookHealthList',
    description: 'Deliveries of the webhooks in the last 24 hours.',
    examples: [{ items: EndpointHealth.meta()?.examples as [] }],
  });

const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('Number of queued deliveries') })
  .meta({ id: 'Replayed', description: 'Queued.', examples: [{ deliveries: 12 }] });

const KEPT_BACK =
  '(not shown: the receiver is in the network of the box; an appliance owner sees it, and "gatehouse webhook delivery" on the box)';

type Answered = Exclude<NonNullable<DeliveryAttempt['exchange']>['response'], { error: string }>;
const shownTo = (forBox: boolean, { isPrivate, ...response }: Answered) =>
  isPrivate && !forBox ? { headers: {}, body: KEPT_BACK, truncated: false } : response;

/** `forBox`: what a receiver in the network of the box answered is shown too. */
function shown({ exchange, ...attempt }: DeliveryAttempt, forBox: boolean): z.output<typeof Attempt> {
  const response = exchange?.response;
  return {
    ...attempt,
    request: exchange?.request,
    response: response && 'body' in response ? shownTo(forBox, response) : undefined,
    error: response && 'error' in response ? response.error : undefined,
  };
}

const withLog = ({ log, ...delivery }: Awaited<ReturnType<Deliveries['get']>>, forBox: boolean) => ({
  ...delivery,
  log: log.map((attempt) => shown(attempt, forBox)),
});

const params = { delivery: paramsOf('delivery'), webhook: paramsOf('webhook') };
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const sending = { operator: true, administrator: operators, key: 'admin' } as const;
const refuses = ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const;

/** Deliveries with their attempts, and resending. */
export const deliveryRoutes = ({ deliveries }: { deliveries: Deliveries }): AdminRoute[] => [
  listRoute({
    tag: 'deliveries',
    within: 'world',
    url: '/deliveries',
    operationId: 'listDeliveries',
    effect: 'none',
    summary: 'List deliveries',
    description: 'Each event for each webhook, with its state.',
    may: looking,
    item: Delivery,
    items: 'Deliveries, the newest first',
    page: 'DeliveryPage',
    filter: {
      endpoint: idOf('webhook').optional().describe('Only deliveries to this webhook'),
      event: idOf('event')
        .optional()
        .describe('Only deliveries of this event, the `webhook-id` of receivers'),
      delivery: idOf('delivery').optional().describe('Only this delivery'),
      name: eventName.optional().describe('Only deliveries of events with this name: `<family>.<event>`'),
      person: idOf('person').optional().describe('Only deliveries of events that name this person, by id'),
      since: moment().optional().describe('Only deliveries created at this time or later, ISO 8601'),
      until: moment().optional().describe('Only deliveries created before this time'),
      state: z.enum(deliveryStates).optional().describe('Only items in this state'),
    },
    key: idOf('delivery'),
    rows: ({ realm }, { delivery: id, person: subject, ...part }) =>
      deliveries.list(realm, { id, subject, ...part }),
  }),
  route('GET /deliveries/:id', {
    tag: 'deliveries',
    within: 'world',
    operationId: 'getDelivery',
    effect: 'reads-personal',
    summary: 'Get a delivery with its attempts',
    description:
      'Each attempt with the stored request and response. They may hold personal data, so the access is recorded in the audit log; they are erased with the person. What a receiver at an address that is not public answered is shown to the operator of the box and to appliance owners.',
    may: looking,
    params: params.delivery,
    reply: DeliveryWithLog,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, who, forBox, params: { id } }) =>
      withLog(await deliveries.get(realm, id, who), forBox),
  }),
  route('GET /webhooks/health', {
    tag: 'webhooks',
    within: 'world',
    operationId: 'listWebhookHealth',
    effect: 'none',
    summary: 'List the health of webhooks',
    description:
      'Of each webhook: deliveries of the last 24 hours, how many were accepted, how long it took, and what waits. Of each at most the newest 500 are counted.',
    may: looking,
    reply: HealthListReply,
    handle: async ({ realm }) => ({ items: await deliveries.health(realm) }),
  }),
  route('GET /webhooks/:id/health', {
    tag: 'webhooks',
    within: 'world',
    operationId: 'getWebhookHealth',
    effect: 'none',
    summary: 'Get the health of a webhook',
    description: 'As in the list, of one webhook; at most its newest 5,000 deliveries are counted.',
    may: looking,
    params: params.webhook,
    reply: EndpointHealth,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id } }) => deliveries.healthOf(realm, id),
  }),
  route('POST /deliveries/:id/resend', {
    tag: 'deliveries',
    within: 'world',
    operationId: 'resendDelivery',
    effect: 'none',
    summary: 'Resend a delivery',
    description:
      'A new delivery of the same event to the same webhook, with the same `webhook-id`. Refused where the webhook is disabled, and where the person in the event was erased.',
    may: sending,
    params: params.delivery,
    status: 201,
    reply: Delivery,
    refuses,
    handle: ({ realm, who, params: { id } }) => deliveries.resend(realm, id, who),
  }),
  route('POST /webhooks/:id/test', {
    tag: 'webhooks',
    within: 'world',
    operationId: 'testWebhook',
    effect: 'none',
    summary: 'Send a test event',
    description:
      "The catalog's sample of an event, signed and sent now. The answer comes when the receiver has answered, with what was sent and what came back; it is tried once, also while the webhook is disabled. A failure of the receiver is in `log` and is not an error of this call.",
    may: sending,
    params: params.webhook,
    body: TestEvent,
    reply: DeliveryWithLog,
    refuses: [...refuses, 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'],
    handle: async ({ realm, who, forBox, params: { id }, body }) =>
      withLog(await deliveries.test(realm, id, body.event, who), forBox),
  }),
  route('POST /webhooks/:id/retry', {
    tag: 'webhooks',
    within: 'world',
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
    handle: ({ realm, who, params: { id } }) => deliveries.tryWaiting(realm, id, who),
  }),
  route('POST /webhooks/:id/replay', {
    tag: 'webhooks',
    within: 'world',
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
    handle: ({ realm, who, params: { id: endpoint }, body }) =>
      deliveries.replay(realm, { endpoint, ...body }, who),
  }),
];

/** All events, also those without a webhook. */
export const eventRoutes = ({ eventLog }: { eventLog: EventLog }): AdminRoute[] => [
  listRoute({
    tag: 'events',
    within: 'world',
    url: '/events',
    operationId: 'listEvents',
    effect: 'reads-personal',
    summary: 'List events',
    description:
      'All events, also those that no webhook is subscribed to, in the format of the box and without personal data. Each API family sends them to its webhooks in its own format: see the catalog.',
    may: { operator: true, administrator: readers, key: 'admin' },
    item: EventRecord,
    items: 'Events, the newest first',
    page: 'EventPage',
    filter: {
      type: z
        .string()
        .regex(/^[a-z]+(\.[a-z]+){1,3}$/, 'It must be a type of event, such as verification.verified.')
        .max(64)
        .optional()
        .describe('Only events of this `type`'),
    },
    key: idOf('event'),
    rows: ({ realm }, part) => eventLog.list(realm, part),
  }),
];
