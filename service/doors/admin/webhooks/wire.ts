import { z } from 'zod';
import { families, signatureDialects } from '../../../engine/webhooks/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';
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
      'Where to POST: `https:`, or `http:` on loopback and private networks. An administrator has to have granted it; see `GET /api/admin/grants`.',
    examples: ['https://hooks.example.org/gatehouse'],
  });
const events = z
  .array(z.string().min(1).max(80))
  .min(1)
  .max(100)
  .meta({
    description: 'Names from the catalog, all of the family; all there are when absent.',
    examples: [['identity.verification.success', 'identity.verification.failure']],
  });
const signatureHeader = z
  .string()
  .min(1)
  .max(64)
  .describe('Name of the header that carries the signature, where it is not to be the usual one');
const headers = z.record(z.string().min(1).max(64), z.string().max(KIB)).meta({
  description:
    'Further headers of each delivery, such as a token of yours. Kept sealed and never shown again.',
  examples: [{ 'x-source': 'gatehouse' }],
});
const description = z
  .string()
  .max(200)
  .meta({ description: 'For people: what this is for.', examples: ['order system'] });
const ca = z
  .string()
  .min(1)
  .max(64 * KIB)
  .describe("PEM of the CA that the receiver's certificate comes from, believed instead of the system's");
const pin = z
  .string()
  .min(1)
  .max(128)
  .describe(
    "Base64 of the SHA-256 of the receiver's public key (SubjectPublicKeyInfo); any other is refused",
  );
const family = z.enum(families);

export const WebhookQuery = z.strictObject({
  family: family.optional().describe('Only of this family'),
  ...pageQuery(idOf('webhook')),
});
export const CatalogQuery = z.strictObject({ family: family.optional().describe('Only of this family') });

export const NewWebhook = z
  .strictObject({
    family: family.describe(
      'Whose events, and so whose payloads, it gets; see `GET /api/admin/webhooks/catalog`',
    ),
    url,
    events: events.optional(),
    signature: z
      .enum(signatureDialects)
      .describe(
        'How deliveries are signed; as the family does it when absent. The headers of `standard` (Standard Webhooks) are sent in any case.',
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
        'Where to send from now on. At another origin custom headers are not sent unless `headers` names them anew (or `{}`): a webhook that has some is refused without',
      )
      .optional(),
    events: events.optional(),
    signatureHeader: signatureHeader.optional(),
    headers: headers.describe('Instead of all there were; `{}` for none').optional(),
    description: description.optional(),
    ca: ca
      .nullable()
      .describe("PEM of a CA to believe instead of the system's; null: the system's again")
      .optional(),
    pin: pin
      .nullable()
      .describe('The only public key to believe; null: any that the CA vouches for')
      .optional(),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one field to change.',
  )
  .meta({ id: 'WebhookChange', examples: [{ events: ['identity.verification.failure'] }] });

export const Disable = z
  .strictObject({ reason: lineOfText(200).describe('For people: why').default('disabled through the API') })
  .meta({ id: 'Disable', examples: [{ reason: 'the order system moves' }] });

export const Rotate = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(OVERLAP_MOST)
      .default(DAY)
      .describe('How long the old secret signs beside the new one; 0 cuts over at once'),
  })
  .meta({ id: 'Rotate', examples: [{ overlapSeconds: 3600 }] });

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Which of these it is');

export const WebhookReply = z
  .strictObject({
    id: z.string().describe('Id'),
    kind: z.enum(['endpoint', 'callback']).describe('`callback`: made for the callback URL of a session'),
    family: family.describe('Whose events and payloads it gets'),
    url: z.string().describe('Where deliveries are sent'),
    description: z.string().describe('For people'),
    events: z.array(z.string()).describe('Names from the catalog'),
    signature: z.enum(signatureDialects).describe('How deliveries are signed'),
    signatureHeader: z.string().optional().describe("Of the signature, where it is not the dialect's own"),
    headers: z.array(z.string()).describe('Names of your own headers; their values are never shown'),
    trust: z
      .discriminatedUnion('is', [
        z.strictObject({ is: kind('system') }),
        z.strictObject({ is: kind('ca') }),
        z.strictObject({ is: kind('pin'), pin: z.string().describe('SHA-256 of the key, Base64') }),
      ])
      .describe("Whom it believes to be the receiver: the system's CAs, a CA of its own, or one public key"),
    state: z
      .discriminatedUnion('is', [
        z.strictObject({ is: kind('enabled') }),
        z.strictObject({
          is: kind('disabled'),
          reason: z.string().describe('Why'),
          at: time('Since when'),
        }),
      ])
      .describe('Whether anything is sent to it, and why not'),
    cutOverAt: time('While its secret is being rotated: when the old one ends').optional(),
    failingSince: time('Since when nothing has got through; after five days it is disabled').optional(),
    lineage: z
      .string()
      .optional()
      .describe('First of the API keys that made it through `/api/v1/webhooks`; not shown to a key'),
    createdAt: time('When it was made'),
    createdBy: actor,
  })
  .meta({ id: 'Webhook', description: 'Where events go.', examples: [webhook] });

export const NewWebhookReply = WebhookReply.extend({
  secret: z.string().describe('What deliveries are signed with. Shown this once: keep it now'),
}).meta({
  id: 'WebhookWithSecret',
  description: 'The webhook, and its secret this once.',
  examples: [{ ...webhook, secret }],
});

export const CatalogReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          name: z.string().describe('`<family>.<event>`: what `events` of a webhook takes'),
          family: family.describe('Whose'),
          when: z.string().describe('When it is sent'),
          fires: z
            .boolean()
            .describe('False: nothing sends it in this version; a webhook may ask for it already'),
          sample: z.looseObject({}).describe('A body as it goes over the wire'),
        }),
      )
      .describe('By family'),
  })
  .meta({
    id: 'EventCatalog',
    description: 'Every event that a webhook can ask for.',
    examples: [{ items: [catalogEntry] }],
  });

export const WebhookPage = pageReply(WebhookReply, 'Webhooks, the newest first', 'WebhookPage');

export type NewWebhook = z.output<typeof NewWebhook>;
export type WebhookChange = z.output<typeof WebhookChange>;
export type WebhookReply = z.output<typeof WebhookReply>;
export type CatalogReply = z.output<typeof CatalogReply>;
