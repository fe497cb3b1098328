import { z } from 'zod';
import type { Actor } from '../../engine/audit/index.ts';
import {
  Endpoint,
  exampleOfEndpoint,
  families,
  signatureDialects,
  type Webhooks,
} from '../../engine/events/index.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { managers, operators, readers } from './may-call.ts';
import { namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwPuTtHeReTrUe';

const catalogEntry = {
  name: 'identity.verification.failure',
  family: 'identity' as const,
  when: 'A verification attempt fails: no person recognized, a check failed, or no usable face in the picture',
  fires: true,
  sample: {
    event: 'verification.failure',
    orgId: 'org_01m7w2y4m7v3pcd0w8x9q6r5zt',
    timestamp: '2026-04-06T14:52:10.000Z',
    data: { verified: false, reason: 'Identity not recognised', confidence: 0 },
  },
};

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

const CatalogQuery = z.strictObject({
  family: family.optional().describe('Only webhooks of this family'),
});

const NewWebhook = z
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

const WebhookChange = z
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
  .refine(namesSome, 'Name at least one field to change.')
  .meta({ id: 'WebhookChange', examples: [{ events: ['identity.verification.failure'] }] });

const Disable = z
  .strictObject({ reason: lineOfText(200).describe('Note for people').default('disabled through the API') })
  .meta({ id: 'Disable', examples: [{ reason: 'the order system moves' }] });

const Rotate = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(OVERLAP_MOST)
      .default(DAY)
      .describe('Time for which the old secret is used too; 0 cuts over at once'),
  })
  .meta({ id: 'Rotate', examples: [{ overlapSeconds: 3600 }] });

const WebhookWithSecret = Endpoint.extend({
  secret: z.string().describe('Secret of the signatures. Shown only once: store it now'),
}).meta({
  id: 'WebhookWithSecret',
  description: 'The webhook and its secret, which is shown only once.',
  examples: [{ ...exampleOfEndpoint, secret }],
});

const CatalogReply = z
  .strictObject({
    items: z
      .array(
        z.object({
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

/** An API key is not shown which other keys made webhooks. */
const shown = ({ lineage, ...endpoint }: Endpoint, { is }: Actor): z.output<typeof Endpoint> => ({
  ...endpoint,
  lineage: is === 'key' ? undefined : lineage,
});

const withSecret = ({ endpoint, secret }: { endpoint: Endpoint; secret: string }, who: Actor) => ({
  ...shown(endpoint, who),
  secret,
});

const params = paramsOf('webhook');
const about = { tag: 'webhooks', within: 'world' } as const;
const looking = { operator: true, administrator: readers, key: 'admin' } as const;
const switching = { operator: true, administrator: operators, key: 'admin' } as const;
const changing = { operator: true, administrator: managers, key: 'admin' } as const;
const pointing = ['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;
const refuses = ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const;

type WebhookCall = { realm: Parameters<Webhooks['get']>[0]; params: { id: Parameters<Webhooks['get']>[1] } };

const takesNoAlerts =
  (webhooks: Webhooks) =>
  async ({ realm, params }: WebhookCall) => {
    const { family, events } = await webhooks.get(realm, params.id);
    const taken = webhooks
      .catalog()
      .filter((one) => one.family === family && (events?.includes(one.name) ?? true));
    return !taken.some(({ name }) => name.endsWith('.alert.triggered'));
  };

/** Webhooks of an organization. */
export const webhookRoutes = ({ webhooks }: { webhooks: Webhooks }): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/webhooks',
    operationId: 'listWebhooks',
    effect: 'none',
    summary: 'List webhooks',
    description: 'The webhooks of the organization in one world, without their secrets.',
    may: looking,
    item: Endpoint,
    items: 'Webhooks, the newest first',
    page: 'WebhookPage',
    filter: { family: family.optional().describe('Only webhooks of this family') },
    key: idOf('webhook'),
    rows: async ({ realm, who }, part) => (await webhooks.page(realm, part)).map((one) => shown(one, who)),
  }),
  route('GET /webhooks/catalog', {
    ...about,
    within: 'appliance',
    operationId: 'listCatalog',
    effect: 'none',
    summary: 'List the catalog of events',
    description: 'Every event that a webhook can subscribe to: when it is sent, and an example body.',
    may: looking,
    query: CatalogQuery,
    reply: CatalogReply,
    handle: ({ query: { family } }) => ({
      items: webhooks.catalog().filter((entry) => family === undefined || entry.family === family),
    }),
  }),
  route('GET /webhooks/:id', {
    ...about,
    operationId: 'getWebhook',
    effect: 'none',
    summary: 'Get a webhook',
    description: 'One webhook, without its secret.',
    may: looking,
    params,
    reply: Endpoint,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, who, params: { id } }) => shown(await webhooks.get(realm, id), who),
  }),
  route('POST /webhooks', {
    ...about,
    operationId: 'createWebhook',
    effect: 'opens-the-box',
    summary: 'Create a webhook',
    description:
      'The webhook receives the selected events from now on. The reply has its secret, which is shown only once. The URL is checked now and at each delivery: it needs a grant, which an administrator gives on the box.',
    may: changing,
    body: NewWebhook,
    status: 201,
    reply: WebhookWithSecret,
    refuses: [...pointing, 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, who, body }) => withSecret(await webhooks.add(realm, body, who), who),
  }),
  route('PATCH /webhooks/:id', {
    ...about,
    operationId: 'changeWebhook',
    effect: 'opens-the-box',
    summary: 'Change a webhook',
    description:
      'Changes the fields that are sent; `null` removes a CA or a pinned key. Waiting deliveries go to the new URL. The family and the signature cannot be changed: create another webhook.',
    may: changing,
    params,
    body: WebhookChange,
    reply: Endpoint,
    refuses: [...refuses, ...pointing],
    handle: async ({ realm, who, params: { id }, body }) =>
      shown(await webhooks.change(realm, id, body, who), who),
  }),
  route('DELETE /webhooks/:id', {
    ...about,
    operationId: 'removeWebhook',
    effect: 'weakens-protection',
    approval: 'none',
    harmless: takesNoAlerts(webhooks),
    summary: 'Remove a webhook',
    description:
      'Nothing is sent to it any more; waiting deliveries are dropped and stay in the log. Where it takes alerts, the administrators get one.',
    may: changing,
    params,
    refuses,
    handle: ({ realm, who, params: { id } }) => webhooks.remove(realm, id, who),
  }),
  route('POST /webhooks/:id/rotate', {
    ...about,
    operationId: 'rotateWebhookSecret',
    effect: 'opens-the-box',
    summary: 'Rotate the secret of a webhook',
    description:
      'Creates a new secret, which is shown only once. Until `cutOverAt` a `standard` signature is made with both secrets; the other kinds sign with the old one and have the new signature in `<header>-next`.',
    may: changing,
    params,
    body: Rotate,
    reply: WebhookWithSecret,
    refuses,
    handle: async ({ realm, who, params: { id }, body }) =>
      withSecret(await webhooks.rotate(realm, id, body.overlapSeconds * 1000, who), who),
  }),
  route('POST /webhooks/:id/disable', {
    ...about,
    operationId: 'disableWebhook',
    effect: 'weakens-protection',
    approval: 'none',
    harmless: takesNoAlerts(webhooks),
    summary: 'Disable a webhook',
    description:
      'Nothing is sent to it. Deliveries keep waiting until their schedule ends, and are sent when it is enabled again. Where it takes alerts, the administrators get one.',
    may: switching,
    params,
    body: Disable,
    reply: Endpoint,
    refuses,
    handle: async ({ realm, who, params: { id }, body }) =>
      shown(await webhooks.disable(realm, id, body.reason, who), who),
  }),
  route('POST /webhooks/:id/enable', {
    ...about,
    operationId: 'enableWebhook',
    effect: 'opens-the-box',
    summary: 'Enable a webhook',
    description: 'Waiting deliveries and new events are sent.',
    may: switching,
    params,
    reply: Endpoint,
    refuses,
    handle: async ({ realm, who, params: { id } }) => shown(await webhooks.enable(realm, id, who), who),
  }),
];
