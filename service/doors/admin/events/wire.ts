import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

export const EventQuery = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z]+(\.[a-z]+){1,3}$/, 'It must be a type of event, such as verification.verified.')
    .max(64)
    .optional()
    .describe('Only events of this `type`'),
  ...pageQuery(idOf('event')),
});

export const EventReply = z
  .strictObject({
    id: z.string().describe('Id, the `webhook-id` of receivers'),
    type: z.string().describe('Type of the event'),
    at: time('When'),
    payload: z.looseObject({}).describe('Ids, counts and verdicts; personal fields stay sealed'),
    deliveries: z.int().min(0).describe('Number of deliveries'),
  })
  .meta({
    id: 'Event',
    description: 'Events that were recorded.',
    examples: [
      {
        id: 'evt_01m7w3k5yd8wq3x1v9z7r5t2nc',
        type: 'verification.refused',
        at: '2026-11-20T12:00:02.090Z',
        payload: { verification: 'ver_01m7w3k5y6c2r8x0p4d9q1tzhb', kind: '1:1', profile: 'default' },
        deliveries: 1,
      },
    ],
  });

export const EventPage = pageReply(EventReply, 'Events, the newest first', 'EventPage');

export type EventReply = z.output<typeof EventReply>;
