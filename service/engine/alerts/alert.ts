import type { AlertId, AlertRuleId, OrganizationId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { EventRealm, RecordedEvent } from '../events/index.ts';
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
] as const;
export const alertMetrics = [...countedMetrics, ...gaugeMetrics] as const;
export type AlertMetric = (typeof alertMetrics)[number];

export interface AlertDefinition {
  name: string;
  metric: AlertMetric;
  /** Minutes looked back over, 1 to 1440; gauges: how long it has to hold. */
  windowMinutes: number;
  /** Fires at this value or beyond (below, for disk-free in MiB and certificate-days). */
  threshold: number;
  /** Only events of this key, profile or person. */
  filter: { key?: string; profile?: string; subject?: string };
  /** Minutes in which the same rule does not fire again about the same. */
  holdOffMinutes: number;
  channels: { webhook: boolean; desktop: boolean; email: string[] };
}

/** As it is asked for: what is left out is what the metric's recommended rule has. */
export type NewAlertRule = Pick<AlertDefinition, 'metric'> &
  Partial<Omit<AlertDefinition, 'channels'>> & {
    channels?: Partial<AlertDefinition['channels']>;
  };

/** Given `channels` change, the others stay; a filter is replaced as a whole. The metric stays. */
export type AlertRuleChange = Omit<Partial<NewAlertRule>, 'metric'> & { enabled?: boolean };

export interface AlertRule extends AlertDefinition {
  id: AlertRuleId;
  organization: OrganizationId;
  world: World;
  enabled: boolean;
  createdAt: number;
  createdBy: string;
  /** Missing requirement, as a sentence; the rule does not fire until it is met. */
  waitsFor: string | undefined;
}

export interface Alert {
  id: AlertId;
  organization: OrganizationId;
  world: World;
  rule: AlertRuleId;
  name: string;
  metric: AlertMetric;
  /** The subject or key it counted apart. */
  about: string | undefined;
  value: number;
  threshold: number;
  firedAt: number;
  acknowledged: { at: number; by: string } | undefined;
  /** `webhook`, `desktop`, `email <address>` -> the outcome. */
  notified: Record<string, string>;
}

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
