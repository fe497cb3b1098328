import type { Schemas } from '../../../sdk/admin/client.ts';
import { factsOf, type Shown, tableOf } from '../operation-command.ts';

/** A rule, or one that is only recommended: it has no id and no state. */
export type Rule = Schemas['RecommendedRules']['items'][number] & Partial<Schemas['AlertRule']>;

const fallsBelow = new Set(['disk-free', 'certificate-days']);
const measured = new Set(['queue-depth', 'rows-altered', 'backup-trouble', 'node-trouble', ...fallsBelow]);
const units: Record<string, string> = { 'disk-free': ' MiB', 'certificate-days': ' days' };
const withoutFigure: Record<string, string> = {
  'pad-missing': 'it is missing',
  'sweep-waiting': 'one waits',
  'webhook-disabled': 'it happens',
  'protected-change': 'it happens',
};

/** `5 or more in 15 min`. */
function firesAt({ metric, threshold, windowMinutes }: Rule): string {
  const amount =
    metric === 'bot-rate'
      ? `${Math.round(threshold * 100)} %`
      : `${threshold.toLocaleString('en')}${units[metric] ?? ''}`;
  const beyond = fallsBelow.has(metric) ? 'less for' : measured.has(metric) ? 'more for' : 'more in';
  return withoutFigure[metric] ?? `${amount} or ${beyond} ${windowMinutes} min`;
}

const shown: Shown<Rule> = {
  name: 'name',
  metric: 'metric',
  'fires at': firesAt,
  only: ({ filter: { key, profile, subject } }) =>
    [key, profile, subject].filter((one) => one !== undefined).join(', ') || undefined,
  'hold-off': ({ holdOffMinutes }) => `${holdOffMinutes} min`,
  'sends to': ({ channels: { webhook, desktop, email } }) =>
    [webhook && 'webhook', desktop && 'desktop', ...email].filter((one) => one !== false).join(', ') ||
    'nothing is sent; it is listed',
};
/** Of a rule that is there. */
const ruleShown: Shown<Rule> = {
  rule: 'id',
  ...shown,
  state: ({ enabled, waitsFor }) =>
    enabled === false ? 'off' : waitsFor === undefined ? 'on' : `waits for: ${waitsFor}`,
};

export const describeRules = (rules: readonly Rule[], empty: string): string =>
  tableOf(rules, rules.some(({ id }) => id !== undefined) ? ruleShown : shown, empty);

export const describeRule = (rule: Rule): string => factsOf(rule, ruleShown);

export const figure = (value: number): string => (Math.round(value * 1000) / 1000).toLocaleString('en');
