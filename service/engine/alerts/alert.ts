import type { AlertId, AlertRuleId, OrganizationId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { EventRealm, RecordedEvent } from '../events/index.ts';

/** What a rule watches. Counted ones go by events in a window; gauges are looked at every minute. */
export const countedMetrics = [
  'failures-per-person',
  'failures-per-key',
  'spoof-attempts',
  'impossible-travel',
  'unknown-device',
  'bot-rate',
] as const;
export const gaugeMetrics = ['queue-depth', 'disk-free', 'certificate-days', 'pad-missing'] as const;
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

export interface AlertRule extends AlertDefinition {
  id: AlertRuleId;
  organization: OrganizationId;
  world: World;
  enabled: boolean;
  createdAt: number;
  createdBy: string;
}

export interface Alert {
  id: AlertId;
  organization: OrganizationId;
  world: World;
  rule: AlertRuleId;
  name: string;
  metric: AlertMetric;
  about: string | undefined;
  value: number;
  threshold: number;
  firedAt: number;
  acknowledged: { at: number; by: string } | undefined;
  /** Channel -> what became of it. */
  notified: Record<string, string>;
}

export interface Alerts {
  listRules(realm: EventRealm): Promise<AlertRule[]>;
  addRule(realm: EventRealm, rule: AlertDefinition, actor: Actor): Promise<AlertRule>;
  changeRule(
    realm: EventRealm,
    id: string,
    change: Partial<AlertDefinition> & { enabled?: boolean },
    actor: Actor,
  ): Promise<AlertRule>;
  removeRule(realm: EventRealm, id: string, actor: Actor): Promise<void>;
  /** Newest first. */
  list(realm: EventRealm, query: { open?: boolean; before?: string; limit: number }): Promise<Alert[]>;
  /** By a person; twice changes nothing. Throws NOT_FOUND. */
  acknowledge(realm: EventRealm, id: string, actor: Actor): Promise<Alert>;
  /** Of all organizations and worlds, newer than `after`, with the channel `desktop`: what the box's own desktop shows. */
  forDesktop(after: string | undefined, limit: number): Promise<Alert[]>;

  /** Rules, and what of their windows is counted. Before anything is watched. */
  load(): Promise<void>;
  /** Called for each batch of events in the transaction that relays them, in order. */
  watch(tx: Tx, events: readonly RecordedEvent[]): Promise<void>;
  /** Looks at the gauges. */
  look(): Promise<void>;
}
