import { z } from 'zod';
import { pageReply } from './page.ts';
import * as example from './reply-examples.ts';
import { deliveryStates } from './wire.ts';

export const time = (what: string) => z.iso.datetime().describe(what);
const kind = <Name extends string>(name: Name) => z.literal(name).describe('Which of these it is');
export const who = z.string().describe('`key:<id of an API key>` or `operator:<account>`');

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
      .nullable()
      .describe('Of which event: what the receiver sees as `webhook-id`; null for a test'),
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
    examples: [example.delivery],
  });

export const texts = z.record(z.string(), z.string());
const sentHeaders = texts.describe('Header names and values');

export const DeliveryAttemptReply = z
  .strictObject({
    number: z.int().min(1).describe('The how many-th'),
    at: time('When it began'),
    outcome: z
      .string()
      .describe('`delivered`; `status` for an answer other than 2xx; otherwise what stood in the way'),
    status: z.int().nullable().describe('HTTP status of the answer, if there was one'),
    milliseconds: z.number().min(0).describe('Until the answer, or until it was given up'),
    request: z
      .strictObject({
        url: z.string().describe('Where it was sent'),
        headers: sentHeaders,
        body: z.string().describe('The body'),
      })
      .nullable()
      .describe('What was sent, without secrets and signatures; null once the person it names was erased'),
    response: z
      .strictObject({
        headers: sentHeaders,
        body: z.string().describe('The beginning of the body'),
        truncated: z.boolean().describe('Whether the answer was longer than what is kept of it'),
      })
      .nullable()
      .describe('What came back'),
    error: z.string().nullable().describe('Why nothing came back'),
  })
  .meta({ id: 'DeliveryAttempt', description: 'One try.', examples: [example.attempt] });

export const DeliveryLogReply = DeliveryReply.extend({
  log: z.array(DeliveryAttemptReply).describe('Every attempt, in order'),
}).meta({
  id: 'DeliveryWithLog',
  description: 'The delivery and every attempt.',
  examples: [{ ...example.delivery, log: [example.attempt] }],
});

export const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('How many were put into the queue') })
  .meta({ id: 'Replayed', description: 'Queued.', examples: [{ deliveries: 12 }] });

export const EventReply = z
  .strictObject({
    id: z.string().describe('Id: what receivers see as `webhook-id`'),
    type: z.string().describe('What happened, in the words of the box'),
    at: time('When'),
    payload: z.looseObject({}).describe('Ids, counts and verdicts; what is personal stays sealed'),
    deliveries: z.int().min(0).describe('How many deliveries were made of it'),
  })
  .meta({ id: 'Event', description: 'What happened.', examples: [example.event] });

export const DeliveryPage = pageReply(DeliveryReply, 'Deliveries', 'DeliveryPage');
export const EventPage = pageReply(EventReply, 'Events', 'EventPage');

export type DeliveryReply = z.output<typeof DeliveryReply>;
export type DeliveryAttemptReply = z.output<typeof DeliveryAttemptReply>;
export type DeliveryLogReply = z.output<typeof DeliveryLogReply>;
export type EventReply = z.output<typeof EventReply>;
