import { z } from 'zod';
import { families, signatureDialects } from '../../../engine/webhooks/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, altered, time } from '../reply-fields.ts';
import { catalogEntry, secret, webhook } from './reply-examples.ts';

/** What the routes read. The engine says what of it makes sense; here is how it is written. */

const KIB = 1024;
const DAY = 86_400;
/** Longest that two secrets are valid beside each other, in seconds. */
const OVERLAP_MOST = 30 * DAY;

const url = z
  .string()
  .min(1)
  .max(2048)
  .meta({
    description:
      'URL of the receiver: `https:`, or `http:` on loopback and private networks. It needs a grant; see `GET /api/admin/grants`.',
    examples: ['https://hooks.example.org/gatehouse'],
  });
const events = z
  .array(z.string().min(1).max(80))
  .min(1)
  .max(100)
  .meta({
    description: 'Events of the family, from the catalog; all when absent.',
    examples: [['identity.verification.success', 'identity.verification.failure']],
  });
const signatureHeader = z
  .string()
  .min(1)
  .max(64)
  .describe('Header of the signature, if it differs from the dialect');
const headers = z.record(z.string().min(1).max(64), z.string().max(KIB)).meta({
  description: 'Custom headers of each delivery, such as a token. Stored sealed and never shown again.',
  examples: [{ 'x-source': 'gatehouse' }],
});
const description = z
  .string()
  .max(200)
  .meta({ description: 'Description for people.', examples: ['order system'] });
const ca = z
  .string()
  .min(1)
  .max(64 * KIB)
  .describe("PEM of the CA of the receiver's certificate, trusted instead of the system's CAs");
const pin = z
  .string()
  .min(1)
  .max(128)
  .describe("Pinned key: Base64 of the SHA-256 of the receiver's public key (SubjectPublicKeyInfo)");
const family = z.enum(families);

export const WebhookQuery = z.strictObject({
  family: family.optional().describe('Only webhooks of this family'),
  ...pageQuery(idOf('webhook')),
});
export const CatalogQuery = z.strictObject({
  family: family.optional().describe('Only webhooks of this family'),
});

export const NewWebhook = z
  .strictObject({
    family: family.describe('API family of its events and payloads; see `GET /api/admin/webhooks/catalog`'),
    url,
    events: events.optional(),
    signature: z
      .enum(signatureDialects)
      .describe(
        'Signature dialect; that of the family when absent. The headers of `standard` (Standard Webhooks) are always sent.',
      )
      .optional(),
    signatureHeader: signatureHeader.optional(),
    headers: headers.optional(),
    description: description.optional(),
    ca: ca.optional(),
    pin: pin.optional(),
  })
  .meta({
    id: 'NewWebhook',
    examples: [
      {
        family: 'identity',
        url: 'https://hooks.example.org/gatehouse',
        events: ['identity.verification.success', 'identity.verification.failure'],
        description: 'order system',
      },
    ],
  });

export const WebhookChange = z
  .strictObject({
    url: url
      .describe(
        'The new URL. For another origin a webhook with custom headers needs `headers` again (or `{}`); otherwise the request is refused',
      )
      .optional(),
    events: events.optional(),
    signatureHeader: signatureHeader.optional(),
    headers: headers.describe('Replaces all custom headers; `{}` removes them').optional(),
    description: description.optional(),
    ca: ca
      .nullable()
      .describe("PEM of a CA to trust instead of the system's CAs; null: the system's CAs")
      .optional(),
    pin: pin.nullable().describe('Pinned public key; null: none').optional(),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one field to change.',
  )
  .meta({ id: 'WebhookChange', examples: [{ events: ['identity.verification.failure'] }] });

export const Disable = z
  .strictObject({ reason: lineOfText(200).describe('Note for people').default('disabled through the API') })
  .meta({ id: 'Disable', examples: [{ reason: 'the order system moves' }] });

export const Rotate = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(OVERLAP_MOST)
      .default(DAY)
      .describe('Time for which the old secret is used too; 0 cuts over at once'),
  })
  .meta({ id: 'Rotate', examples: [{ overlapSeconds: 3600 }] });

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Kind');

export const WebhookReply = z
  .strictObject({
    id: z.string().describe('Id'),
    kind: z.enum(['endpoint', 'callback']).describe('`callback`: made for the callback URL of a session'),
    family: family.describe('API family of its events and payloads'),
    url: z.string().describe('URL of the receiver'),
    description: z.string().describe('Name for people'),
    events: z.array(z.string()).describe('Names from the catalog'),
    signature: z.enum(signatureDialects).describe('Signature dialect'),
    signatureHeader: z
      .string()
      .optional()
      .describe('Header of the signature, if it differs from the dialect'),
    headers: z.array(z.string()).describe('Names of your own headers; their values are never shown'),
    trust: z
      .discriminatedUnion('is', [
        z.strictObject({ is: kind('system') }),
        z.strictObject({ is: kind('ca') }),
        z.strictObject({ is: kind('pin'), pin: z.string().describe('SHA-256 of the key, Base64') }),
      ])
      .describe(
        "How the receiver's certificate is verified: by the system's CAs, a CA of its own, or one public key",
      ),
    state: z
      .discriminatedUnion('is', [
        z.strictObject({ is: kind('enabled') }),
        z.strictObject({
          is: kind('disabled'),
          reason: z.string().describe('Why'),
          at: time('Time of the change'),
        }),
      ])
      .describe('Whether it is enabled; if not, the reason'),
    altered,
    cutOverAt: time('End of the old secret during a rotation').optional(),
    failingSince: time('Time since when no delivery was accepted; after five days it is disabled').optional(),
    lineage: z
      .string()
      .optional()
      .describe('Lineage of the API key that created it through `/api/v1/webhooks`; not shown to a key'),
    createdAt: time('Time of creation'),
    createdBy: actor,
  })
  .meta({ id: 'Webhook', description: 'A receiver of events.', examples: [webhook] });

export const NewWebhookReply = WebhookReply.extend({
  secret: z.string().describe('Secret of the signatures. Shown only once: store it now'),
}).meta({
  id: 'WebhookWithSecret',
  description: 'The webhook and its secret, which is shown only once.',
  examples: [{ ...webhook, secret }],
});

export const CatalogReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          name: z.string().describe('`<family>.<event>`, for the field `events` of a webhook'),
          family: family.describe('API family'),
          when: z.string().describe('Condition under which it is sent'),
          fires: z
            .boolean()
            .describe('False: this version does not send it; a webhook may subscribe to it already'),
          sample: z.looseObject({}).describe('Example of a body'),
        }),
      )
      .describe('By family'),
  })
  .meta({
    id: 'EventCatalog',
    description: 'Every event that a webhook can subscribe to.',
    examples: [{ items: [catalogEntry] }],
  });

export const WebhookPage = pageReply(WebhookReply, 'Webhooks, the newest first', 'WebhookPage');

export type NewWebhook = z.output<typeof NewWebhook>;
export type WebhookChange = z.output<typeof WebhookChange>;
export type WebhookReply = z.output<typeof WebhookReply>;
export type CatalogReply = z.output<typeof CatalogReply>;
