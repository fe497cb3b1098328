import type { Schemas } from '../../../sdk/admin/client.ts';
import { facts, table } from '../terminal/terminal.ts';

type Alert = Schemas['Alert'];
/** A rule, or one that is only recommended: it has no id and no state. */
type Rule = Schemas['RecommendedRules']['items'][number] & Partial<Schemas['AlertRule']>;

const fallsBelow = new Set(['disk-free', 'certificate-days']);
const units: Record<string, string> = { 'disk-free': ' MiB', 'certificate-days': ' days' };

/** `5 or more in 15 min`. */
function firesAt({ metric, threshold, windowMinutes }: Rule): string {
  const figure =
    metric === 'bot-rate'
      ? `${Math.round(threshold * 100)} %`
      : `${threshold.toLocaleString('en')}${units[metric] ?? ''}`;
  if (metric === 'pad-missing') return 'it is missing';
  if (metric === 'sweep-waiting') return 'one waits';
  if (metric === 'webhook-disabled' || metric === 'protected-change') return 'it happens';
  return `${figure} or ${fallsBelow.has(metric) ? 'less for' : isMeasured(metric) ? 'more for' : 'more in'} ${windowMinutes} min`;
}
const isMeasured = (metric: string) =>
  metric === 'queue-depth' ||
  metric === 'rows-altered' ||
  metric === 'backup-trouble' ||
  fallsBelow.has(metric);

const sendsTo = ({ webhook, desktop, email }: Rule['channels']) =>
  [webhook && 'webhook', desktop && 'desktop', ...email].filter((one) => one !== false).join(', ') ||
  'nothing is sent; it is listed';

const only = ({ key, profile, subject }: Rule['filter']) =>
  [key, profile, subject].filter((one) => one !== undefined).join(', ') || undefined;

const stateOf = ({ enabled, waitsFor }: Rule) =>
  enabled === false ? 'off' : waitsFor === undefined ? 'on' : `waits for: ${waitsFor}`;

export function describeRules(rules: readonly Rule[], empty: string): string {
  const withIds = rules.some(({ id }) => id !== undefined);
  const header = ['name', 'metric', 'fires at', 'only', 'hold-off', 'sends to'];
  const rows = rules.map((rule) => [
    ...(withIds ? [rule.id] : []),
    rule.name,
    rule.metric,
    firesAt(rule),
    only(rule.filter),
    `${rule.holdOffMinutes} min`,
    sendsTo(rule.channels),
    ...(withIds ? [stateOf(rule)] : []),
  ]);
  return table(withIds ? ['rule', ...header, 'state'] : header, rows, empty);
}

export const describeRule = (rule: Rule): string =>
  facts([
    ['rule', rule.id],
    ['name', rule.name],
    ['metric', rule.metric],
    ['fires at', firesAt(rule)],
    ['only', only(rule.filter)],
    ['hold-off', `${rule.holdOffMinutes} min`],
    ['sends to', sendsTo(rule.channels)],
    ['state', stateOf(rule)],
  ]);

export function describeAlerts(alerts: readonly Alert[], empty: string): string {
  const rows = alerts.map(({ id, firedAt, name, about, value, threshold, acknowledged, notified }) => [
    id,
    firedAt,
    name,
    about,
    `${figure(value)} (${figure(threshold)})`,
    Object.entries(notified)
      .map(([channel, outcome]) => `${channel}: ${outcome}`)
      .join('; ') || undefined,
    acknowledged ? `${acknowledged.at} by ${acknowledged.by}` : undefined,
  ]);
  return table(['alert', 'fired', 'rule', 'about', 'value (rule)', 'sent', 'acknowledged'], rows, empty);
}

const figure = (value: number) => (Math.round(value * 1000) / 1000).toLocaleString('en');
