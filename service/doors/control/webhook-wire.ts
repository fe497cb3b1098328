import { z } from 'zod';
import { families, signatureDialects } from '../../engine/webhooks/index.ts';
import { lineOfText } from '../../http/text-fields.ts';

/** What the control API reads about webhooks and their deliveries. The engine says what of it makes sense. */

const world = z.enum(['live', 'test']).describe('events of real people, or of trials');
const moment = z.iso.datetime({ offset: true });
const id = z.string().min(1).max(64);
const DAY = 86_400;

const fields = {
  url: z.string().min(1).max(4096),
  events: z.array(z.string().max(100)).max(100),
  signatureHeader: z.string().max(200),
  headers: z.record(z.string().max(200), z.string().max(8192)),
  description: z.string().max(1000),
  ca: z.string().max(1_000_000).describe('PEM'),
  pin: z.string().max(200).describe('base64 SHA-256 of the public key'),
};

export const WebhookParams = z.object({ webhook: id });
export const DeliveryParams = z.object({ delivery: id });
export const InWorld = z.strictObject({ world });
export const WebhookQuery = z.strictObject({ world, family: z.enum(families).optional() });

export const NewWebhook = z.strictObject({
  world,
  family: z.enum(families),
  signature: z.enum(signatureDialects).optional(),
  ...z.object(fields).partial().shape,
  url: fields.url,
});
export const WebhookChange = z
  .strictObject({
    world,
    ...z.object(fields).partial().shape,
    ca: fields.ca.nullable().optional().describe('null: the system’s again'),
    pin: fields.pin.nullable().optional().describe('null: any key'),
  })
  .refine(
    ({ world: _, ...change }) => Object.values(change).some((value) => value !== undefined),
    'Name at least one thing to change.',
  );
export const DisableWebhook = z.strictObject({ world, reason: lineOfText(200) });
export const RotateSecret = z.strictObject({
  world,
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * DAY)
    .describe('how long the old secret still signs'),
});
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
