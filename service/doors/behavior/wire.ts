import { z } from 'zod';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';

/** behavior.txt, "Webhooks". */
export const eventNames = ['bot.detected', 'human.verified'] as const;

const url = z
  .string()
  .max(2048)
  .regex(/^https:\/\//, 'It must start with https://.')
  .meta({
    description:
      'Your HTTPS endpoint. Must start with https://. An administrator has to grant it as a destination first.',
    examples: ['https://yourdomain.com/webhooks/huma'],
  });

export const NewWebhook = z
  .object({
    url,
    events: z
      .array(z.enum(eventNames))
      .min(1)
      .max(20)
      .describe('Events to receive. Defaults to both.')
      .optional(),
    metadata: OwnMetadata.describe(
      'Your own data, at most 16 kB of JSON; the answer of this call alone gives it back',
    ).optional(),
  })
  .meta({
    id: 'HumaNewWebhook',
    examples: [{ url: 'https://yourdomain.com/webhooks/huma', events: ['bot.detected', 'human.verified'] }],
  });
export type NewWebhook = z.output<typeof NewWebhook>;

export const WebhookParams = z.object({
  id: z.string().min(1).max(64).describe('Id of the webhook, `wh_…`'),
});

const shown = {
  url: z.string().describe('URL of the receiver'),
  events: z.array(z.enum(eventNames)).describe('Events it receives'),
  active: z
    .boolean()
    .describe(
      'False if it is disabled: by an administrator, after an answer 410, or after five days of failures',
    ),
};
const id = z.string().describe('Its id');
const example = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  url: 'https://yourdomain.com/webhooks/huma',
  events: ['bot.detected', 'human.verified'] as (typeof eventNames)[number][],
  active: true,
};

export const WebhookReply = z
  .strictObject({ id, ...shown })
  .meta({ id: 'HumaWebhook', description: 'A webhook of this API key.', examples: [example] });
export type WebhookReply = z.output<typeof WebhookReply>;

export const WebhookList = z
  .strictObject({ webhooks: z.array(WebhookReply).describe('Webhooks, at most five, the oldest first') })
  .meta({ id: 'HumaWebhookList', examples: [{ webhooks: [example] }] });

export const NewWebhookReply = z
  .strictObject({
    id,
    secret: z.string().describe('Shown only once. Save it immediately: it verifies `Huma-Signature`.'),
    ...shown,
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'HumaNewWebhookReply',
    description: 'The new webhook with its secret.',
    examples: [{ ...example, secret: 'huma_whsec_<SHOWN ONCE>' }],
  });
export type NewWebhookReply = z.output<typeof NewWebhookReply>;

/** 204 has no body. */
export const Nothing = z.strictObject({});
