import { facts, table } from '../terminal/terminal.ts';

/** An alert rule as the control API tells it; what is only recommended has no id. */
export interface RuleReply {
  id?: string;
  name: string;
  metric: string;
  windowMinutes: number;
  threshold: number;
  filter: { key?: string; profile?: string; subject?: string };
  holdOffMinutes: number;
  channels: { webhook: boolean; desktop: boolean; email: string[] };
  enabled?: boolean;
  waitsFor?: string;
}

export interface AlertReply {
  id: string;
  rule: string;
  name: string;
  metric: string;
  about?: string;
  value: number;
  threshold: number;
  firedAt: string;
  acknowledged?: { at: string; by: string };
  notified: Record<string, string>;
}

const fallsBelow = new Set(['disk-free', 'certificate-days']);
const units: Record<string, string> = { 'disk-free': ' MiB', 'certificate-days': ' days' };

/** `5 or more in 15 min`. */
function firesAt({ metric, threshold, windowMinutes }: RuleReply): string {
  const figure =
    metric === 'bot-rate'
      ? `${Math.round(threshold * 100)} %`
      : `${threshold.toLocaleString('en')}${units[metric] ?? ''}`;
  if (metric === 'pad-missing') return 'it is missing';
  if (metric === 'sweep-waiting') return 'one waits';
  if (metric === 'webhook-disabled') return 'it happens';
  return `${figure} or ${fallsBelow.has(metric) ? 'less for' : isMeasured(metric) ? 'more for' : 'more in'} ${windowMinutes} min`;
}
const isMeasured = (metric: string) =>
  metric === 'queue-depth' || metric === 'backup-trouble' || fallsBelow.has(metric);

const tells = ({ webhook, desktop, email }: RuleReply['channels']) =>
  [webhook && 'webhook', desktop && 'desktop', ...email].filter((one) => one !== false).join(', ') ||
  'nobody; it is listed';

const only = ({ key, profile, subject }: RuleReply['filter']) =>
  [key, profile, subject].filter((one) => one !== undefined).join(', ') || undefined;

const stateOf = ({ enabled, waitsFor }: RuleReply) =>
  enabled === false ? 'off' : waitsFor === undefined ? 'on' : `waits for: ${waitsFor}`;

export function describeRules(rules: readonly RuleReply[], empty: string): string {
  const withIds = rules.some(({ id }) => id !== undefined);
  const header = ['name', 'metric', 'fires at', 'only', 'hold-off', 'tells'];
  const rows = rules.map((rule) => [
    ...(withIds ? [rule.id] : []),
    rule.name,
    rule.metric,
    firesAt(rule),
    only(rule.filter),
    `${rule.holdOffMinutes} min`,
    tells(rule.channels),
    ...(withIds ? [stateOf(rule)] : []),
  ]);
  return table(withIds ? ['rule', ...header, 'state'] : header, rows, empty);
}

export const describeRule = (rule: RuleReply): string =>
  facts([
    ['rule', rule.id],
    ['name', rule.name],
    ['metric', rule.metric],
    ['fires at', firesAt(rule)],
    ['only', only(rule.filter)],
    ['hold-off', `${rule.holdOffMinutes} min`],
    ['tells', tells(rule.channels)],
    ['state', stateOf(rule)],
  ]);

export function describeAlerts(alerts: readonly AlertReply[], empty: string): string {
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
  return table(['alert', 'fired', 'rule', 'about', 'value (rule)', 'told', 'acknowledged'], rows, empty);
}

const figure = (value: number) => (Math.round(value * 1000) / 1000).toLocaleString('en');
