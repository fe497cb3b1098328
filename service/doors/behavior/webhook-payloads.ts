import { z } from 'zod';
import { Metadata } from '../../http/key-lists.ts';
import { eventIdField, type PublishedWebhook, versionField } from '../../http/published-route.ts';
import { behaviorEvents } from './webhook-events.ts';

const payload = z.strictObject({
  event: z.enum(['bot.detected', 'human.verified']).describe('Name of the event'),
  user_id: z
    .string()
    .optional()
    .describe(
      'Your id of the user; absent a day after the judgement, and where a delivery is repeated after it succeeded',
    ),
  human: z.boolean().describe('As the call was answered'),
  confidence: z.number().min(0).max(1).describe('0 to 1'),
  score: z.int().min(0).max(100).describe('`confidence` in hundredths'),
  token: z.string().describe('The verification token'),
  timestamp: z.string().describe('When it was judged, ISO 8601'),
  event_id: eventIdField,
  version: versionField,
  metadata: Metadata.optional().describe('As the call gave it; absent as `user_id` is'),
});

/** For the OpenAPI document. */
export const behaviorWebhooks: PublishedWebhook[] = behaviorEvents.events.map(({ name, when, sample }) => ({
  name,
  when,
  payload: payload.meta({ examples: [sample] }),
}));
