import { z } from 'zod';
import type { PublishedWebhook } from '../../http/published-webhook.ts';
import { registrationsEvents } from './webhook-events.ts';

const payload = z.strictObject({
  event: z.literal('USER_VERIFICATION_COMPLETED').describe('Always `USER_VERIFICATION_COMPLETED`'),
  reference_user_id: z
    .string()
    .describe('Your name of the user; absent once the person is erased')
    .optional(),
  connection_status: z.enum(['COMPLETED', 'FAILED']).describe('As `/get_status` answers it'),
  failure_code: z.enum(['NOT_UNIQUE', 'LIVENESS_FAILED']).nullable().describe('As `/get_status` answers it'),
  timestamp: z.string().describe('When the user finished, ISO 8601'),
});

/** For the OpenAPI document. */
export const registrationsWebhooks: PublishedWebhook[] = registrationsEvents.events.map(
  ({ name, when, sample }) => ({
    name,
    when,
    payload: payload.meta({ examples: [sample] }),
  }),
);
