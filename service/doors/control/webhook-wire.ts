import { z } from 'zod';

/** What the control API reads about deliveries. The engine says what of it makes sense. */

const world = z.enum(['live', 'test']).describe('events of real people, or of trials');
const moment = z.iso.datetime({ offset: true });
const id = z.string().min(1).max(64);

export const WebhookParams = z.object({ webhook: id });
export const DeliveryParams = z.object({ delivery: id });
export const InWorld = z.strictObject({ world });
export const TestWebhook = z.strictObject({ world, event: z.string().max(100).optional() });
export const ReplayEvents = z.strictObject({ world, since: moment, until: moment.optional() });

export const DeliveryPage = z.strictObject({
  world,
  webhook: id.optional(),
  event: id.optional(),
  state: z.enum(['waiting', 'delivered', 'failed', 'dropped']).optional(),
  before: id.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});
