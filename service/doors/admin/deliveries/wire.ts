import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { moment, time } from '../reply-fields.ts';
import { attempt, delivery } from './reply-examples.ts';

const eventName = z.string().min(1).max(80);

export const TestEvent = z
  .strictObject({
    event: eventName.optional().describe("Which of the webhook's events; its first when absent"),
  })
  .meta({ id: 'TestEvent', examples: [{ event: 'identity.verification.success' }] });

export const Replay = z
  .strictObject({
    since: moment().describe('From here on, ISO 8601'),
    until: moment().optional().describe('Up to here, without this moment itself; now when absent'),
  })
  .meta({ id: 'Replay', examples: [{ since: '2026-11-20T06:00:00Z', until: '2026-11-20T09:30:00Z' }] });

const deliveryStates = ['waiting', 'delivered', 'failed', 'dropped'] as const;

export const DeliveryQuery = z.strictObject({
  endpoint: idOf('webhook').optional().describe('Only to this webhook'),
  event: idOf('event').optional().describe('Only of this event: what receivers see as `webhook-id`'),
  state: z.enum(deliveryStates).optional().describe('Only in this state'),
  ...pageQuery(idOf('delivery')),
});

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Which of these it is');

const state = z.discriminatedUnion('is', [
  z.strictObject({
    is: kind('waiting'),
    nextAt: time('When it is tried next'),
    reason: z
      .string()
      .optional()
      .describe(
        'Why the last attempt was not accepted, or that the webhook is disabled; absent before the first attempt',
      ),
  }),
  z.strictObject({ is: kind('delivered'), at: time('When it was') }),
  z.strictObject({
    is: kind('failed'),
    at: time('When it was'),
    reason: z.string().describe('Why no further attempt is made'),
  }),
  z.strictObject({
    is: kind('dropped'),
    at: time('When it was'),
    reason: z.string().describe('Why nothing is sent: the webhook was removed, or the person erased'),
  }),
]);

export const DeliveryReply = z
  .strictObject({
    id: z.string().describe('Id'),
    endpoint: z.string().describe('To which webhook'),
    event: z
      .string()
      .optional()
      .describe('Of which event: what the receiver sees as `webhook-id`; absent for a test'),
    name: z.string().describe('`<family>.<event>`'),
    origin: z
      .enum(['event', 'callback', 'resend', 'replay', 'test'])
      .describe('What made it: the event itself, or somebody who asked for it'),
    state: state.describe(`One of ${deliveryStates.join(', ')}`),
    attempts: z.int().min(0).describe('How often it was tried'),
    createdAt: time('When it was made'),
  })
  .meta({
    id: 'Delivery',
    description: 'One event on its way to one webhook.',
    examples: [delivery],
  });

const texts = z.record(z.string(), z.string()).describe('Header names and values');

const DeliveryAttemptReply = z
  .strictObject({
    number: z.int().min(1).describe('The how many-th'),
    at: time('When it began'),
    outcome: z
      .string()
      .describe('`delivered`; `status` for an answer other than 2xx; otherwise what stood in the way'),
    status: z.int().optional().describe('HTTP status of the answer, if there was one'),
    milliseconds: z.number().min(0).describe('Until the answer, or until it was given up'),
    request: z
      .strictObject({
        url: z.string().describe('Where it was sent'),
        headers: texts,
        body: z.string().describe('The body'),
      })
      .optional()
      .describe('What was sent, without secrets and signatures; absent once the person it names was erased'),
    response: z
      .strictObject({
        headers: texts,
        body: z.string().describe('The beginning of the body'),
        truncated: z.boolean().describe('Whether the answer was longer than what is kept of it'),
      })
      .optional()
      .describe('What came back'),
    error: z.string().optional().describe('Why nothing came back'),
  })
  .meta({ id: 'DeliveryAttempt', description: 'One try.', examples: [attempt] });

export const DeliveryLogReply = DeliveryReply.extend({
  log: z.array(DeliveryAttemptReply).describe('Every attempt, in order'),
}).meta({
  id: 'DeliveryWithLog',
  description: 'The delivery and every attempt.',
  examples: [{ ...delivery, log: [attempt] }],
});

export const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('How many were put into the queue') })
  .meta({ id: 'Replayed', description: 'Queued.', examples: [{ deliveries: 12 }] });

export const DeliveryPage = pageReply(DeliveryReply, 'Deliveries, the newest first', 'DeliveryPage');

export type Replay = z.output<typeof Replay>;
export type DeliveryReply = z.output<typeof DeliveryReply>;
export type DeliveryAttemptReply = z.output<typeof DeliveryAttemptReply>;
export type DeliveryLogReply = z.output<typeof DeliveryLogReply>;
