import { z } from 'zod';
import { families, signatureDialects } from '../../engine/webhooks/index.ts';
import { lineOfText } from '../../http/text-fields.ts';
import { idOf, pageOf } from './page.ts';

/** What `/api/admin/*` reads. Times are ISO 8601. The engine says what of it makes sense; here is how it is written. */

const KIB = 1024;

/** Bytes of a body: a CA certificate is the largest thing in one. */
export const bodyLimit = 128 * KIB;

/** For a call that needs no body: what is sent all the same must be empty. */
export const Nothing = z.strictObject({});

export const changesSomething = (change: object) =>
  Object.values(change).some((value) => value !== undefined);
export const NAME_ONE = 'Name at least one field to change.';
const moment = () =>
  z.iso.datetime({ offset: true, error: 'It must be a time such as 2026-11-20T12:00:00Z.' });

const url = z
  .string()
  .min(1)
  .max(2048)
  .meta({
    description:
      'Where to POST: `https:`, or `http:` on loopback and private networks. An administrator has to have granted it; see `GET /api/admin/grants`.',
    examples: ['https://hooks.example.org/gatehouse'],
  });
const eventName = z.string().min(1).max(80);
const events = z
  .array(eventName)
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

export const NewWebhook = z
  .strictObject({
    family: z
      .enum(families)
      .describe('Whose events, and so whose payloads, it gets; see `GET /api/admin/webhooks/catalog`'),
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
  .refine(changesSomething, NAME_ONE)
  .meta({ id: 'WebhookChange', examples: [{ events: ['identity.verification.failure'] }] });

export const Disable = z
  .strictObject({ reason: lineOfText(200).describe('For people: why').default('disabled through the API') })
  .meta({ id: 'Disable', examples: [{ reason: 'the order system moves' }] });

/** Longest that two secrets are valid beside each other. */
const OVERLAP_MOST = 30 * 86_400;

export const Rotate = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(OVERLAP_MOST)
      .default(86_400)
      .describe('How long the old secret signs beside the new one; 0 cuts over at once'),
  })
  .meta({ id: 'Rotate', examples: [{ overlapSeconds: 3600 }] });

export const TestEvent = z
  .strictObject({
    event: eventName.optional().describe("Which of the webhook's events; its first when absent"),
  })
  .meta({ id: 'TestEvent', examples: [{ event: 'identity.verification.success' }] });

export const Replay = z
  .strictObject({
    since: moment().describe('From here on, ISO 8601'),
    until: moment().optional().describe('Up to here, without this moment itself; now when absent'),
  })
  .meta({ id: 'Replay', examples: [{ since: '2026-11-20T06:00:00Z', until: '2026-11-20T09:30:00Z' }] });

export const WebhookQuery = z.strictObject({
  family: z.enum(families).optional().describe('Only of this family'),
  ...pageOf('webhook'),
});
export const CatalogQuery = z.strictObject({
  family: z.enum(families).optional().describe('Only of this family'),
});

export const deliveryStates = ['waiting', 'delivered', 'failed', 'dropped'] as const;

export const DeliveryQuery = z.strictObject({
  endpoint: idOf('webhook').optional().describe('Only to this webhook'),
  event: idOf('event').optional().describe('Only of this event: what receivers see as `webhook-id`'),
  state: z.enum(deliveryStates).optional().describe('Only in this state'),
  ...pageOf('delivery'),
});

export const EventQuery = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z]+(\.[a-z]+){1,3}$/, 'It must be a type of event, such as verification.verified.')
    .max(64)
    .optional()
    .describe('Only of this type, as `type` has it'),
  ...pageOf('event'),
});

export const GrantQuery = z.strictObject(pageOf('grant'));

export type NewWebhook = z.output<typeof NewWebhook>;
export type WebhookChange = z.output<typeof WebhookChange>;
export type Replay = z.output<typeof Replay>;
export type DeliveryQuery = z.output<typeof DeliveryQuery>;
export type EventQuery = z.output<typeof EventQuery>;
