import { z } from 'zod';
import { flowProducts } from '../../engine/flows/index.ts';
import type { PublishedWebhook } from '../../http/published-webhook.ts';
import { hostedEvents } from './webhook-events.ts';

const payload = z.strictObject({
  event: z.literal('verification.completed').describe('Always `verification.completed`'),
  verification_id: z.string().describe('As `/hosted/generate` answered it'),
  status: z.enum(['PASS', 'FAIL', 'EXPIRED']).describe('Result'),
  product: z.enum(flowProducts).describe('What the person had to prove'),
  environment: z.enum(['live', 'test']).describe('World'),
  timestamp: z.string().describe('When the result came, ISO 8601'),
});

/** For the OpenAPI document. */
export const hostedWebhooks: PublishedWebhook[] = hostedEvents.events.map(({ name, when, sample }) => ({
  name,
  when,
  payload: payload.meta({ examples: [sample] }),
}));
