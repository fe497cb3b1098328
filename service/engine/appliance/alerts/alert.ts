import { z } from 'zod';
import type { AlertRuleId, OrganizationId, World } from '../../../lib/id.ts';
import { actor, id, type OfWorld, time } from '../../../lib/record-fields.ts';
import type { OutgoingMail } from '../../../outgoing/outgoing.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import type { EventRealm, RecordedEvent } from '../../events/index.ts';
import type { Recipient, RecipientPage } from './recipient-store.ts';

/** What a rule watches: a count of events in a window, or a gauge read every minute. */
const countedMetrics = [
  'failures-per-person',
  'failures-per-key',
  'spoof-attempts',
  'impossible-travel',
  'unknown-device',
  'bot-rate',
  'webhook-disabled',
  'protected-change',
] as const;
export const gaugeMetrics = [
  'queue-depth',
  'disk-free',
  'certificate-days',
  'pad-missing',
  'backup-trouble',
  'sweep-waiting',
  'rows-altered',
  'node-trouble',
] as const;
export const alertMetrics = [...countedMetrics, ...gaugeMetrics] as const;
export type AlertMetric = (typeof alertMetrics)[number];

export const exampleOfDefinition = {
  name: 'many failures of one person',
  metric: 'failures-per-person',
  windowMinutes: 15,
  threshold: 5,
  filter: {},
  holdOffMinutes: 60,
  channels: { webhook: true, desktop: false, email: [] },
} as const;

/** What a rule watches, and where it says so. */
export const AlertDefinition = z.object({
  name: z.string().describe('Name for people'),
  metric: z.enum(alertMetrics).describe('Metric'),
  windowMinutes: z.int().describe('Length of the window in minutes'),
  threshold: z.number().describe('Fires at this value or beyond'),
  filter: z
    .object({
      key: z.string().optional().describe('Only requests of this API key'),
      profile: z.string().optional().describe('Only verifications with this profile'),
      subject: z.string().optional().describe('Only lines about this person'),
    })
    .describe('Only these events'),
  holdOffMinutes: z.int().describe('Minutes before the rule fires again for the same person or key'),
  channels: z
    .object({
      webhook: z.boolean().describe('Webhooks that subscribe to identity.alert.triggered'),
      desktop: z.boolean().describe('Desktop notification on the box'),
      email: z.array(z.string()).describe('Mail addresses'),
    })
    .describe('Channels'),
});
export type AlertDefinition = z.output<typeof AlertDefinition>;

/** As it is asked for: what is left out is what the metric's recommended rule has. */
export type NewAlertRule = Pick<AlertDefinition, 'metric'> &
  Partial<Omit<AlertDefinition, 'channels'>> & {
    channels?: Partial<AlertDefinition['channels']>;
  };

/** Given `channels` change, the others stay; a filter is replaced as a whole. The metric stays. */
export type AlertRuleChange = Omit<Partial<NewAlertRule>, 'metric'> & { enabled?: boolean };

export const exampleOfAlert = {
  id: 'alr_01m7w3n8q5h1v7rk0c4t9z2xyd',
  rule: 'rule_01m7w3mf0a7yk4tq2z8d5x1c9r',
  name: 'many failures of one person',
  ownName: true,
  metric: 'failures-per-person',
  about: 'sub_01m7w3ayykpzv1m774b6g68g31',
  value: 5,
  threshold: 5,
  firedAt: '2026-11-20T12:31:44.020Z',
  notified: { webhook: 'written as the event alert.triggered' },
} as const;

export const AlertRule = z
  .object({
    id: id<'alertRule'>(),
    ...AlertDefinition.shape,
    ownName: z
      .literal(true)
      .optional()
      .describe('Present where an administrator named the rule; else it has the usual name of its metric'),
    enabled: z.boolean().describe('Whether the rule is active'),
    waitsFor: z.string().optional().describe('Missing requirement; the rule does not fire until it is met'),
    createdAt: time('Time of creation'),
    createdBy: actor,
  })
  .meta({
    id: 'AlertRule',
    description: 'An alert rule and its recipients.',
    examples: [
      {
        id: exampleOfAlert.rule,
        ...exampleOfDefinition,
        ownName: true,
        enabled: true,
        createdAt: '2026-11-20T12:00:00.000Z',
        createdBy: 'operator:ada',
      },
    ],
  });
export type AlertRule = OfWorld<typeof AlertRule>;

export const Alert = z
  .object({
    id: id<'alert'>(),
    rule: id<'alertRule'>('Id of the rule that fired'),
    name: z.string().describe('Its name'),
    ownName: z
      .literal(true)
      .optional()
      .describe('Present where an administrator named the rule; else it has the usual name of its metric'),
    metric: z.enum(alertMetrics).describe('Metric of the rule'),
    about: z
      .string()
      .optional()
      .describe(
        'Id of the person or API key, if the rule counts them separately; absent once the person is erased',
      ),
    value: z.number().describe('Measured value'),
    threshold: z.number().describe('Threshold of the rule'),
    firedAt: time('When'),
    acknowledged: z
      .object({ at: time('When'), by: actor })
      .optional()
      .describe('The acknowledgement; absent while the alert is open'),
    notified: z.record(z.string(), z.string()).describe('Result for each channel'),
  })
  .meta({ id: 'Alert', description: 'An alert raised by a rule.', examples: [exampleOfAlert] });
export type Alert = OfWorld<typeof Alert>;

export interface Alerts {
  /**
   * An administrator did what destroys, opens the box, changes an identity or weakens a protection. The rule is there the first
   * time that one does; each operation alerts once in its hold-off.
   */
  noteChange(realm: EventRealm, operation: string, who: Actor, how?: { alone: boolean }): Promise<void>;
  /** Newest first, older than `before`. */
  pageRules(realm: EventRealm, page: { before?: string; limit: number }): Promise<AlertRule[]>;
  /** A rule for every metric that has none and waits for nothing, `bot-rate` apart; nothing is added. */
  recommended(realm: EventRealm): Promise<AlertDefinition[]>;
  /**
   * Throws INVALID_REQUEST, naming each field; DESTINATION_* where it mails and may not; RECIPIENT_NOT_APPROVED for a recipient
   * that no operator approved (an operator's own rule approves those it names); CONFLICT for too many.
   */
  addRule(realm: EventRealm, rule: NewAlertRule, actor: Actor): Promise<AlertRule>;
  /** As `addRule`; NOT_FOUND. */
  changeRule(realm: EventRealm, id: string, change: AlertRuleChange, actor: Actor): Promise<AlertRule>;
  /** Its alerts stay. Throws NOT_FOUND. */
  removeRule(realm: EventRealm, id: string, actor: Actor): Promise<void>;
  /** Every rule of both worlds is removed, and the addresses it mailed to: the organization is being erased. May be called again. */
  end(organization: OrganizationId, actor: Actor): Promise<void>;
  /** Newest first. */
  list(realm: EventRealm, query: { open?: boolean; before?: string; limit: number }): Promise<Alert[]>;
  /** Alerts that were not acknowledged, over all organizations. */
  countOpen(): Promise<{ world: World; metric: AlertMetric; count: number }[]>;
  /** By a person; twice changes nothing. Throws NOT_FOUND. */
  acknowledge(realm: EventRealm, id: string, actor: Actor): Promise<Alert>;
  /** Addresses that alerts may be mailed to, the last approved first, those of one moment by address. */
  pageRecipients(organization: OrganizationId, page: RecipientPage): Promise<Recipient[]>;
  /** Twice changes nothing. Throws INVALID_REQUEST for a text that is no address, CONFLICT for an erased organization. */
  approveRecipient(organization: OrganizationId, address: string, actor: Actor): Promise<Recipient>;
  /** Nothing more is sent to it, whatever rules name it. Throws NOT_FOUND. */
  withdrawRecipient(organization: OrganizationId, address: string, actor: Actor): Promise<void>;
  /**
   * One mail to this address, now; it counts in the hour's limit. Throws INVALID_REQUEST (no mail server is set, no address),
   * RECIPIENT_NOT_APPROVED, DESTINATION_*.
   */
  testMail(
    organization: OrganizationId,
    address: string,
    actor: Actor,
  ): Promise<{ sent: true } | { sent: false; reason: string }>;
  /**
   * Of all organizations and worlds, with the channel `desktop`, the newest that are not acknowledged, oldest of them first: what
   * the box's own desktop shows.
   */
  forDesktop(limit: number): Promise<Alert[]>;

  /** Rules, and what of their windows is counted. Before anything is watched. */
  load(): Promise<void>;
  /** These rules were changed, here or at another node; does not wait until their windows are read. */
  refresh(ids: readonly AlertRuleId[]): Promise<void>;
  /** Whether an enabled rule of this metric is there: its events have to be written down. */
  watches(realm: EventRealm, metric: AlertMetric): boolean;
  /**
   * Called for each batch of events in the transaction that relays them, in order. May be called again for the same events
   * where that transaction did not commit: each counts once.
   */
  watch(tx: Tx, events: readonly RecordedEvent[]): Promise<void>;
  /** Reads the gauges and fires their rules. */
  checkGauges(): Promise<void>;
}

/** The mail server of the settings smtpUrl, smtpFrom and smtpCa. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the start. */
  secure: boolean;
  user?: string;
  password?: string;
  /** PEM. */
  ca?: string;
  from: string;
}

/** What a rule that mails needs, and how to give it. */
export const NO_MAIL_SERVER =
  'No mail server is set: give smtpUrl and smtpFrom in gatehouse.json (or GATEHOUSE_SMTP_URL and GATEHOUSE_SMTP_FROM), then start the service again.';

type Text = Pick<OutgoingMail, 'subject' | 'text'>;

const NAME_LENGTH = 80;

/**
 * The name of a rule in a mail: quoted, and without anything that a mail program makes a link of. A key may name a rule, and
 * must not use the box to send links.
 */
export function quotedName(name: string): string {
  const words = name.normalize('NFKC').split(/\s+/);
  const plain = words.map((word) =>
    looksLikeLink(word) ? '[link removed]' : word.replaceAll(/["“”]/g, "'"),
  );
  return `"${plain.join(' ').slice(0, NAME_LENGTH)}"`;
}

/** A scheme, a path, an address, or a dot (also the ideographic one) between two letters or digits. */
const looksLikeLink = (word: string): boolean => /[/\\@]|\p{L}:\S|[\p{L}\p{N}][.。]+[\p{L}\p{N}]/u.test(word);

/** Fixed texts with ids and figures; everything else is on the box. */
export function mailOf(alert: Alert): Text {
  const where = `--org ${alert.organization}${alert.world === 'test' ? ' --env test' : ''}`;
  const lines = [
    `The rule ${quotedName(alert.name)} fired: ${alert.metric} is at ${figure(alert.value)}; its threshold is ${figure(alert.threshold)}.`,
    '',
    ...(alert.about === undefined ? [] : [`about         ${alert.about}`]),
    `alert         ${alert.id}`,
    `rule          ${alert.rule}`,
    `organization  ${alert.organization}, ${alert.world} world`,
    `time          ${new Date(alert.firedAt).toISOString()}`,
    '',
    `See it:          gatehouse alert list ${where}`,
    `Acknowledge it:  gatehouse alert ack ${alert.id} ${where}`,
    '',
  ];
  return { subject: `Gatehouse alert: ${quotedName(alert.name)}`, text: lines.join('\n') };
}

export const testMailOf = (organization: string): Text => ({
  subject: 'Gatehouse: test of alerts by mail',
  text: `Alerts of the organization ${organization} can reach this address.\n`,
});

const figure = (value: number) => String(Math.round(value * 1000) / 1000);
