import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import {
  type AlertDefinition,
  type AlertMetric,
  type AlertRule,
  type AlertRuleChange,
  alertMetrics,
  gaugeMetrics,
  type NewAlertRule,
} from './alert.ts';

/** Rules of one organization and world. */
export const MOST_RULES = 100;
const MOST_ADDRESSES = 20;
const MOST_NAME = 120;
/** Minutes: a month. */
const MOST_HOLD_OFF = 43_200;

/** Default rule of a metric, and the range of its threshold. */
interface MetricFacts {
  name: string;
  windowMinutes: number;
  threshold: number;
  holdOffMinutes: number;
  /** Inclusive; whole numbers unless it is a share. */
  least: number;
  most: number;
  unit: string;
}

const COUNT = { least: 1, most: 100_000, unit: 'a whole number of events' };

export const metricFacts: Readonly<Record<AlertMetric, MetricFacts>> = {
  'failures-per-person': {
    name: 'One person refused again and again',
    windowMinutes: 15,
    threshold: 5,
    holdOffMinutes: 60,
    ...COUNT,
  },
  'failures-per-key': {
    name: 'Many refusals through one key',
    windowMinutes: 10,
    threshold: 50,
    holdOffMinutes: 60,
    ...COUNT,
  },
  'spoof-attempts': {
    name: 'Presentation attacks',
    windowMinutes: 60,
    threshold: 3,
    holdOffMinutes: 60,
    ...COUNT,
  },
  'impossible-travel': {
    name: 'Impossible travel',
    windowMinutes: 60,
    threshold: 1,
    holdOffMinutes: 60,
    ...COUNT,
  },
  'unknown-device': {
    name: 'Unknown devices of one person',
    windowMinutes: 60,
    threshold: 3,
    holdOffMinutes: 60,
    ...COUNT,
  },
  'bot-rate': {
    name: 'Many programs among the visitors',
    windowMinutes: 60,
    threshold: 0.5,
    holdOffMinutes: 60,
    least: 0.01,
    most: 1,
    unit: 'a share',
  },
  'webhook-disabled': {
    name: 'A webhook was switched off',
    windowMinutes: 60,
    threshold: 1,
    holdOffMinutes: 60,
    least: 1,
    most: 1,
    unit: 'nothing else: each fires',
  },
  'protected-change': {
    name: 'A change that weakens or destroys',
    windowMinutes: 60,
    threshold: 1,
    holdOffMinutes: 60,
    least: 1,
    most: 1,
    unit: 'nothing else: each fires',
  },
  'queue-depth': {
    name: 'Deliveries pile up',
    windowMinutes: 10,
    threshold: 1000,
    holdOffMinutes: 60,
    least: 1,
    most: 100_000_000,
    unit: 'a whole number of deliveries',
  },
  'disk-free': {
    name: 'The disk is nearly full',
    windowMinutes: 5,
    threshold: 1024,
    holdOffMinutes: 360,
    least: 1,
    most: 1_000_000_000,
    unit: 'a whole number of MiB',
  },
  'certificate-days': {
    name: 'The certificate ends soon',
    windowMinutes: 1,
    threshold: 21,
    holdOffMinutes: 1440,
    least: 0,
    most: 825,
    unit: 'a whole number of days',
  },
  'pad-missing': {
    name: 'No presentation attack detection',
    windowMinutes: 1,
    threshold: 1,
    holdOffMinutes: 1440,
    least: 1,
    most: 1,
    unit: 'nothing else: it is missing or not',
  },
  'backup-trouble': {
    name: 'Backups would not restore, or fail',
    windowMinutes: 1,
    threshold: 1,
    holdOffMinutes: 1440,
    least: 1,
    most: 100,
    unit: 'a whole number of troubles',
  },
  'sweep-waiting': {
    name: 'A retention sweep must be confirmed',
    windowMinutes: 1,
    threshold: 1,
    holdOffMinutes: 1440,
    least: 1,
    most: 1,
    unit: 'nothing else: one waits or not',
  },
  'rows-altered': {
    name: 'Another program wrote to the database',
    windowMinutes: 1,
    threshold: 1,
    holdOffMinutes: 60,
    least: 1,
    most: 100_000,
    unit: 'a whole number of rows',
  },
  'node-trouble': {
    name: 'A node or a standby is gone or does not follow',
    windowMinutes: 1,
    threshold: 1,
    holdOffMinutes: 60,
    least: 1,
    most: 100,
    unit: 'a whole number of troubles',
  },
};

/** Judged visits that the window needs before their share counts. */
export const LEAST_JUDGED = 20;

/** False where a row is damaged. */
export const isMetric = (word: string): word is AlertMetric => Object.hasOwn(metricFacts, word);

/** What a reader of another language needs: whether the name is one that a person chose. */
export const ownNameOf = (name: string, metric: string): Partial<Pick<AlertRule, 'ownName'>> =>
  isMetric(metric) && name === metricFacts[metric].name ? {} : { ownName: true };

export const isGauge = (metric: AlertMetric): boolean =>
  (gaugeMetrics as readonly AlertMetric[]).includes(metric);

/** Whether a value of the metric is at the threshold or beyond. */
export const isBeyond = ({ metric, threshold }: AlertDefinition, value: number): boolean =>
  metric === 'disk-free' || metric === 'certificate-days' ? value <= threshold : value >= threshold;

/** Whole, as it is stored. Throws INVALID_REQUEST with one detail for each field that is wrong. */
export function checkNewRule(input: NewAlertRule): AlertDefinition {
  const { metric } = input;
  if (!alertMetrics.includes(metric)) {
    const message = `There is no metric "${metric}". There are ${alertMetrics.join(', ')}.`;
    throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'metric', message }] });
  }
  const { name, windowMinutes, threshold, holdOffMinutes } = metricFacts[metric];
  return checkDefinition({
    name,
    windowMinutes,
    threshold,
    holdOffMinutes,
    filter: {},
    ...input,
    channels: { webhook: true, desktop: false, email: [], ...input.channels },
  });
}

/** The same for a rule that is changed. */
export const changedRule = (
  { name, metric, windowMinutes, threshold, filter, holdOffMinutes, channels }: AlertDefinition,
  { enabled: _, channels: newChannels, ...change }: AlertRuleChange,
): AlertDefinition =>
  checkDefinition({
    name,
    windowMinutes,
    threshold,
    filter,
    holdOffMinutes,
    ...change,
    metric,
    channels: { ...channels, ...newChannels },
  });

function checkDefinition(input: AlertDefinition): AlertDefinition {
  const details: ProblemDetail[] = [];
  const refuse = (path: string, message: string) => details.push({ path, message });
  const { metric, windowMinutes, threshold, holdOffMinutes, channels } = input;
  const name = input.name.trim();
  if (name === '' || name.length > MOST_NAME || FORGING.test(name))
    refuse('name', `Give the rule a name of 1 to ${MOST_NAME} characters on one line.`);
  if (!within(windowMinutes, 1, 1440)) refuse('windowMinutes', 'The window is 1 to 1440 whole minutes.');
  if (!within(holdOffMinutes, 1, MOST_HOLD_OFF))
    refuse('holdOffMinutes', `The hold-off is 1 to ${MOST_HOLD_OFF} whole minutes (a month).`);
  const { least, most, unit } = metricFacts[metric];
  const inBounds =
    metric === 'bot-rate' ? threshold >= least && threshold <= most : within(threshold, least, most);
  if (!inBounds) refuse('threshold', `The threshold of ${metric} is ${unit}, ${least} to ${most}.`);
  const filter = checkFilter(input, refuse);
  const email = checkAddresses(channels.email, refuse);
  if (details.length > 0) {
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  const { webhook, desktop } = channels;
  return {
    name,
    metric,
    windowMinutes,
    threshold,
    filter,
    holdOffMinutes,
    channels: { webhook, desktop, email },
  };
}

type Refuse = (path: string, message: string) => void;

/** The kinds of ids, as `Ids` makes them; profiles are named by their id or slug. */
const idOf = (prefix: string) => new RegExp(`^${prefix}_[0-9a-z]{26}$`);

function checkFilter({ metric, filter }: AlertDefinition, refuse: Refuse): AlertDefinition['filter'] {
  const { key, profile, subject } = filter;
  const names = Object.entries({ key, profile, subject }).filter(([, value]) => value !== undefined);
  if (names.length > 0 && (isGauge(metric) || metric === 'bot-rate' || metric === 'webhook-disabled'))
    refuse('filter', `${metric} is not counted by key, profile or person: omit the filter.`);
  if (key !== undefined && !idOf('key').test(key))
    refuse('filter.key', 'Name the key by its id, key_…, as “gatehouse key list” shows it.');
  if (subject !== undefined && !idOf('sub').test(subject))
    refuse('filter.subject', 'Name the person by their id, sub_…; an address is not kept in a rule.');
  if (profile !== undefined && (profile.length > 80 || !/^[\w:-]+$/.test(profile)))
    refuse('filter.profile', 'Name the profile by its slug or id, as “gatehouse profile list” shows it.');
  return Object.fromEntries(names);
}

/** As a mail server takes it without quoting; each once. Throws INVALID_REQUEST. */
export function checkAddress(address: string): string {
  const details: ProblemDetail[] = [];
  const [good] = checkAddresses([address], (path, message) => details.push({ path, message }));
  if (good !== undefined) return good;
  throw new Problem('INVALID_REQUEST', details[0]!.message, { details });
}

function checkAddresses(addresses: readonly string[], refuse: Refuse): string[] {
  if (addresses.length > MOST_ADDRESSES)
    refuse(
      'channels.email',
      `A rule mails to at most ${MOST_ADDRESSES} addresses: give it the address of a list.`,
    );
  const trimmed = addresses.map((address) => address.trim());
  for (const address of trimmed) {
    if (address.length > 254 || !ADDRESS.test(address))
      refuse(
        'channels.email',
        `"${address.slice(0, 80).replaceAll(FORGINGS, '\ufffd')}" is no e-mail address.`,
      );
  }
  return [...new Set(trimmed)].filter((address) => ADDRESS.test(address));
}

const ADDRESS = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}.-]{1,253}$/u;
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
const FORGINGS = new RegExp(FORGING, 'gu');

const within = (value: number, least: number, most: number) =>
  Number.isSafeInteger(value) && value >= least && value <= most;
