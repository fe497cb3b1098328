import { z } from 'zod';
import { alertMetrics } from '../../engine/alerts/index.ts';
import { families, signatureDialects } from '../../engine/events/index.ts';
import { pageReply } from './page.ts';
import * as example from './reply-examples.ts';
import { deliveryStates } from './wire.ts';

const time = (what: string) => z.iso.datetime().describe(what);
const who = z.string().describe('`key:<id of an API key>` or `operator:<account>`');

export const WebhookReply = z
  .strictObject({
    id: z.string().describe('Id'),
    kind: z.enum(['endpoint', 'callback']).describe('`callback`: made for the callback URL of a session'),
    family: z.enum(families).describe('Whose events and payloads it gets'),
    url: z.string().describe('Where deliveries are sent'),
    description: z.string().describe('For people'),
    events: z.array(z.string()).describe('Names from the catalog'),
    signature: z.enum(signatureDialects).describe('How deliveries are signed'),
    signatureHeader: z.string().nullable().describe("Of the signature; null: the dialect's own"),
    headers: z.array(z.string()).describe('Names of your own headers; their values are never shown'),
    trust: z
      .discriminatedUnion('is', [
        z.strictObject({ is: z.literal('system') }),
        z.strictObject({ is: z.literal('ca') }),
        z.strictObject({ is: z.literal('pin'), pin: z.string() }),
      ])
      .describe("Whom it believes to be the receiver: the system's CAs, a CA of its own, or one public key"),
    state: z
      .discriminatedUnion('is', [
        z.strictObject({ is: z.literal('enabled') }),
        z.strictObject({ is: z.literal('disabled'), reason: z.string(), at: z.iso.datetime() }),
      ])
      .describe('Whether anything is sent to it, and why not'),
    cutOverAt: z.iso
      .datetime()
      .nullable()
      .describe('While its secret is being rotated: when the old one ends'),
    failingSince: z.iso
      .datetime()
      .nullable()
      .describe('Since when nothing has got through; after five days it is disabled'),
    createdAt: time('When it was made'),
    createdBy: who,
  })
  .meta({ id: 'Webhook', description: 'Where events go.', examples: [example.webhook] });

export const NewWebhookReply = WebhookReply.extend({
  secret: z.string().describe('What deliveries are signed with. Shown this once: keep it now'),
}).meta({ id: 'WebhookWithSecret', examples: [{ ...example.webhook, secret: example.secret }] });

export const CatalogReply = z
  .strictObject({
    items: z.array(
      z.strictObject({
        name: z.string().describe('`<family>.<event>`: what `events` of a webhook takes'),
        family: z.enum(families).describe('Whose'),
        when: z.string().describe('When it is sent'),
        fires: z
          .boolean()
          .describe('False: nothing sends it in this version; a webhook may ask for it already'),
        sample: z.looseObject({}).describe('A body as it goes over the wire'),
      }),
    ),
  })
  .meta({ id: 'EventCatalog', examples: [{ items: [example.catalogEntry] }] });

const state = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('waiting'), nextAt: time('When it is tried next') }),
  z.strictObject({ is: z.literal('delivered'), at: time('When it was') }),
  z.strictObject({
    is: z.literal('failed'),
    at: time('When it was'),
    reason: z.string().describe('Why no further attempt is made'),
  }),
  z.strictObject({
    is: z.literal('dropped'),
    at: time('When it was'),
    reason: z.string().describe('Why nothing is sent: the webhook was removed, or the person erased'),
  }),
]);

export const DeliveryReply = z
  .strictObject({
    id: z.string().describe('Id'),
    endpoint: z.string().describe('To which webhook'),
    event: z
      .string()
      .nullable()
      .describe('Of which event: what the receiver sees as `webhook-id`; null for a test'),
    name: z.string().describe('`<family>.<event>`'),
    origin: z
      .enum(['event', 'callback', 'resend', 'replay', 'test'])
      .describe('What made it: the event itself, or somebody who asked for it'),
    state: state.describe(`One of ${deliveryStates.join(', ')}`),
    attempts: z.int().min(0).describe('How often it was tried'),
    createdAt: time('When it was made'),
  })
  .meta({
    id: 'Delivery',
    description: 'One event on its way to one webhook.',
    examples: [example.delivery],
  });

const texts = z.record(z.string(), z.string());

export const DeliveryAttemptReply = z
  .strictObject({
    number: z.int().min(1).describe('The how many-th'),
    at: time('When it began'),
    outcome: z
      .string()
      .describe('`delivered`; `status` for an answer other than 2xx; otherwise what stood in the way'),
    status: z.int().nullable().describe('HTTP status of the answer, if there was one'),
    milliseconds: z.number().min(0).describe('Until the answer, or until it was given up'),
    request: z
      .strictObject({ url: z.string(), headers: texts, body: z.string() })
      .nullable()
      .describe('What was sent, without secrets and signatures; null once the person it names was erased'),
    response: z
      .strictObject({
        headers: texts,
        body: z.string(),
        truncated: z.boolean().describe('Whether the answer was longer than what is kept of it'),
      })
      .nullable()
      .describe('What came back'),
    error: z.string().nullable().describe('Why nothing came back'),
  })
  .meta({ id: 'DeliveryAttempt' });

export const DeliveryLogReply = DeliveryReply.extend({
  log: z.array(DeliveryAttemptReply).describe('Every attempt, in order'),
}).meta({ id: 'DeliveryWithLog', examples: [{ ...example.delivery, log: [example.attempt] }] });

export const ReplayReply = z
  .strictObject({ deliveries: z.int().min(0).describe('How many were put into the queue') })
  .meta({ id: 'Replayed', examples: [{ deliveries: 12 }] });

export const EventReply = z
  .strictObject({
    id: z.string().describe('Id: what receivers see as `webhook-id`'),
    type: z.string().describe('What happened, in the words of the box'),
    at: time('When'),
    payload: z.looseObject({}).describe('Ids, counts and verdicts; what is personal stays sealed'),
    deliveries: z.int().min(0).describe('How many deliveries were made of it'),
  })
  .meta({ id: 'Event', examples: [example.event] });

export const AlertReply = z
  .strictObject({
    id: z.string().describe('Id'),
    rule: z.string().describe('The rule that fired'),
    name: z.string().describe('Its name'),
    metric: z.enum(alertMetrics).describe('What it watches'),
    about: z
      .string()
      .nullable()
      .describe('Whom or what, where the rule counts each apart: the id of a person or an API key'),
    value: z.number().describe('What was measured'),
    threshold: z.number().describe('What the rule allowed'),
    firedAt: time('When'),
    acknowledged: z
      .strictObject({ at: z.iso.datetime(), by: who })
      .nullable()
      .describe('Who has seen it; null while it is open'),
    notified: texts.describe('What became of each channel'),
  })
  .meta({ id: 'Alert', examples: [example.alert] });

export const AlertRuleReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('For people'),
    metric: z.enum(alertMetrics).describe('What is watched'),
    windowMinutes: z.int().describe('Minutes looked back over'),
    threshold: z.number().describe('Fires at this value or beyond'),
    filter: z
      .strictObject({
        key: z.string().nullable(),
        profile: z.string().nullable(),
        subject: z.string().nullable(),
      })
      .describe('Only these events are counted'),
    holdOffMinutes: z.int().describe('Minutes in which it does not fire again about the same'),
    channels: z
      .strictObject({ webhook: z.boolean(), desktop: z.boolean(), email: z.array(z.string()) })
      .describe('Who is told'),
    enabled: z.boolean().describe('Whether it is watched'),
    createdAt: time('When it was made'),
    createdBy: who,
  })
  .meta({ id: 'AlertRule', examples: [example.rule] });

export const GrantReply = z
  .strictObject({
    id: z.string().describe('Id'),
    to: z
      .discriminatedUnion('is', [
        z.strictObject({ is: z.literal('name'), name: z.string() }),
        z.strictObject({ is: z.literal('cidr'), cidr: z.string() }),
        z.strictObject({ is: z.literal('preset'), preset: z.literal('public-https') }),
      ])
      .describe('Where to: a host name (`*.` for any below), a network, or every public address at https'),
    port: z.int().nullable().describe("At which port; null: the scheme's own"),
    note: z.string().describe('For people: why'),
    createdAt: time('When it was granted'),
    createdBy: who,
    revoked: z.strictObject({ at: z.iso.datetime(), by: who }).nullable().describe('Null while it holds'),
  })
  .meta({ id: 'Grant', examples: [example.grant] });

export const WebhookPage = pageReply(WebhookReply, 'Webhooks', 'WebhookPage');
export const DeliveryPage = pageReply(DeliveryReply, 'Deliveries', 'DeliveryPage');
export const EventPage = pageReply(EventReply, 'Events', 'EventPage');
export const AlertPage = pageReply(AlertReply, 'Alerts', 'AlertPage');
export const AlertRulePage = pageReply(AlertRuleReply, 'Rules', 'AlertRulePage');
export const GrantPage = pageReply(GrantReply, 'Grants, the revoked ones too', 'GrantPage');

export type WebhookReply = z.output<typeof WebhookReply>;
export type NewWebhookReply = z.output<typeof NewWebhookReply>;
export type CatalogReply = z.output<typeof CatalogReply>;
export type DeliveryReply = z.output<typeof DeliveryReply>;
export type DeliveryAttemptReply = z.output<typeof DeliveryAttemptReply>;
export type DeliveryLogReply = z.output<typeof DeliveryLogReply>;
export type EventReply = z.output<typeof EventReply>;
export type AlertReply = z.output<typeof AlertReply>;
export type AlertRuleReply = z.output<typeof AlertRuleReply>;
export type GrantReply = z.output<typeof GrantReply>;
