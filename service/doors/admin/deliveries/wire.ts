import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { moment, time } from '../reply-fields.ts';
import { attempt, delivery, health } from './reply-examples.ts';

const eventName = z.string().min(1).max(80);

export const TestEvent = z
  .strictObject({
    event: eventName.optional().describe('The event to send; the first of the webhook when absent'),
  })
  .meta({ id: 'TestEvent', examples: [{ event: 'identity.verification.success' }] });

export const Replay = z
  .strictObject({
    since: moment().describe('Start of the range, inclusive, ISO 8601'),
    until: moment().optional().describe('End of the range, exclusive; now when absent'),
  })
  .meta({ id: 'Replay', examples: [{ since: '2026-11-20T06:00:00Z', until: '2026-11-20T09:30:00Z' }] });

const deliveryStates = ['waiting', 'delivered', 'failed', 'dropped'] as const;

export const DeliveryQuery = z.strictObject({
  endpoint: idOf('webhook').optional().describe('Only deliveries to this webhook'),
  event: idOf('event').optional().describe('Only deliveries of this event, the `webhook-id` of receivers'),
  delivery: idOf('delivery').optional().describe('Only this delivery'),
  name: eventName.optional().describe('Only deliveries of events with this name: `<family>.<event>`'),
  person: idOf('person').optional().describe('Only deliveries of events that name this person, by id'),
  since: moment().optional().describe('Only deliveries created at this time or later, ISO 8601'),
  until: moment().optional().describe('Only deliveries created before this time'),
  state: z.enum(deliveryStates).optional().describe('Only items in this state'),
  ...pageQuery(idOf('delivery')),
});

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Kind');

const state = z.discriminatedUnion('is', [
  z.strictObject({
    is: kind('waiting'),
    nextAt: time('Time of the next attempt'),
    reason: z
      .string()
      .optional()
      .describe(
        'Reason why the last attempt failed, or that the webhook is disabled; absent before the first attempt',
      ),
  }),
  z.strictObject({ is: kind('delivered'), at: time('Time') }),
  z.strictObject({
    is: kind('failed'),
    at: time('Time'),
    reason: z.string().describe('Reason why no further attempt is made'),
  }),
  z.strictObject({
    is: kind('dropped'),
    at: time('Time'),
    reason: z.string().describe('Reason why nothing is sent: the webhook was removed, or the person erased'),
  }),
]);

const attemptOutcome = z
  .string()
  .describe('`delivered`; `status` for an answer other than 2xx; otherwise the reason of the failure');
const attemptStatus = z.int().optional().describe('HTTP status of the answer, if there was one');
const attemptTime = z.number().min(0).describe('Milliseconds until the answer or the failure');

export const DeliveryReply = z
  .strictObject({
    id: z.string().describe('Id'),
    endpoint: z.string().describe('Id of the webhook'),
    event: z
      .string()
      .optional()
      .describe('Id of the event, the `webhook-id` of the receiver; absent for a test'),
    name: z.string().describe('`<family>.<event>`'),
    origin: z
      .enum(['event', 'callback', 'resend', 'replay', 'test'])
      .describe('What created it: the event itself, or a request of an administrator'),
    state: state.describe(`One of ${deliveryStates.join(', ')}`),
    attempts: z.int().min(0).describe('Number of attempts'),
    createdAt: time('Time of creation'),
    last: z
      .strictObject({
        at: time('Start time'),
        outcome: attemptOutcome,
        status: attemptStatus,
        milliseconds: attemptTime,
      })
      .optional()
      .describe('In lists: the newest attempt; absent before the first'),
  })
  .meta({
    id: 'Delivery',
    description: 'One event for one webhook.',
    examples: [delivery],
  });

const texts = z.record(z.string(), z.string()).describe('Header names and values');

const DeliveryAttemptReply = z
  .strictObject({
    number: z.int().min(1).describe('Number of the attempt'),
    at: time('Start time'),
    outcome: attemptOutcome,
    status: attemptStatus,
    milliseconds: attemptTime,
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

export const DeliveryLogReply = DeliveryReply.extend({
  log: z.array(DeliveryAttemptReply).describe('Every attempt, in order'),
}).meta({
  id: 'DeliveryWithLog',
  description: 'The delivery and every attempt.',
  examples: [{ ...delivery, log: [attempt] }],
});

const count = (what: string) => z.int().min(0).describe(what);

export const HealthReply = z
  .strictObject({
    endpoint: z.string().describe('Id of the webhook'),
    since: time(
      'Start of the counted time: 24 hours ago, or later where there were too many deliveries to count',
    ),
    deliveries: count('Number of deliveries, without tests'),
    accepted: count('Number of accepted deliveries'),
    failed: count('Number of deliveries without a further attempt'),
    medianMilliseconds: z
      .number()
      .min(0)
      .optional()
      .describe('Median time of the newest accepted attempts; absent where there is none'),
    hours: z
      .array(
        z.strictObject({
          at: time('Start of the hour'),
          deliveries: count('Deliveries created in this hour'),
          accepted: count('Number of accepted deliveries'),
        }),
      )
      .describe('The last 24 hours, the oldest first'),
    waiting: count('Number of waiting deliveries of any age'),
    nextAt: time('Time of the next attempt of a waiting delivery').optional(),
  })
  .meta({
    id: 'WebhookHealth',
    description: 'Deliveries of a webhook in the last 24 hours.',
    examples: [health],
  });

export const HealthListReply = z
  .strictObject({ items: z.array(HealthReply).describe('One for each webhook, the oldest first') })
  .meta({
    id: 'WebhookHealthList',
    description: 'Deliveries of the webhooks in the last 24 hours.',
    examples: [{ items: [health] }],
  });

export const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('Number of queued deliveries') })
  .meta({ id: 'Replayed', description: 'Queued.', examples: [{ deliveries: 12 }] });

export const DeliveryPage = pageReply(DeliveryReply, 'Deliveries, the newest first', 'DeliveryPage');

export type DeliveryQuery = z.output<typeof DeliveryQuery>;
export type Replay = z.output<typeof Replay>;
export type DeliveryReply = z.output<typeof DeliveryReply>;
export type HealthReply = z.output<typeof HealthReply>;
export type DeliveryAttemptReply = z.output<typeof DeliveryAttemptReply>;
export type DeliveryLogReply = z.output<typeof DeliveryLogReply>;
