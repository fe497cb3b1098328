import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { moment, time } from '../reply-fields.ts';
import { attempt, delivery } from './reply-examples.ts';

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
    outcome: z
      .string()
      .describe('`delivered`; `status` for an answer other than 2xx; otherwise the reason of the failure'),
    status: z.int().optional().describe('HTTP status of the answer, if there was one'),
    milliseconds: z.number().min(0).describe('Milliseconds until the answer or the failure'),
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

export const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('Number of queued deliveries') })
  .meta({ id: 'Replayed', description: 'Queued.', examples: [{ deliveries: 12 }] });

export const DeliveryPage = pageReply(DeliveryReply, 'Deliveries, the newest first', 'DeliveryPage');

export type Replay = z.output<typeof Replay>;
export type DeliveryReply = z.output<typeof DeliveryReply>;
export type DeliveryAttemptReply = z.output<typeof DeliveryAttemptReply>;
export type DeliveryLogReply = z.output<typeof DeliveryLogReply>;
