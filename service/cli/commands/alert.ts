import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { alertMetrics } from '../../engine/appliance/alerts/alert.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { choice, collected, onOff, orNo, toggle, type Values, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { call, factsOf, list, noun, type Realm, type Shown, tableOf, work } from '../operation-command.ts';

/** A rule, or one that is only recommended: it has no id and no state. */
type Rule = Schemas['RecommendedRules']['items'][number] & Partial<Schemas['AlertRule']>;

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

const describeRules = (rules: readonly Rule[], empty: string): string =>
  tableOf(rules, rules.some(({ id }) => id !== undefined) ? ruleShown : shown, empty);

const describeRule = (rule: Rule): string => factsOf(rule, ruleShown);

const figure = (value: number): string => (Math.round(value * 1000) / 1000).toLocaleString('en');

const address = value('<address>', 'an e-mail address');
const recipientShown = { recipient: 'address', approved: 'approvedAt', by: 'approvedBy' } as const;
const id = value('<rule-id>', 'as `alert rules` shows it');

/** Fields of a rule. */
const fields = {
  threshold: value(
    '<n>',
    'fires at this value or more (bot-rate: a share, 0.01 to 1); disk-free (MiB) and certificate-days: or less',
    readNumber,
  ),
  windowMinutes: value(
    '--window <minutes>',
    'length of the window, 1 to 1440; for gauges: for how long the value has to be beyond the threshold',
    readNumber,
  ),
  holdOffMinutes: value(
    '--hold-off <minutes>',
    'minutes before it fires again for the same person or key',
    readNumber,
  ),
  name: value('<name>', 'name, also used in notifications'),
};
const email = value(
  '<address>',
  'mail it to this address; may be given several times',
  collected((_, text) => text),
);
/** Of what it is about, and where it goes. */
const parts = {
  key: value('<id>', 'only requests of this API key'),
  profile: value('<slug>', 'only verifications with this profile'),
  subject: value('--person <id>', 'only about this person, by id (sub_…)'),
  webhook: onOff('send to the webhooks that subscribe to alert.triggered (default of a new rule)', 'do not'),
  desktop: onOff('show it on the desktop of the box, where the desktop app runs', 'do not'),
};

const rule = noun('add, change or remove a rule', {
  add: work({
    on: 'world',
    about: 'add a rule; options that are not given have the recommended values',
    options: {
      metric: choice('<metric>', 'what to watch', alertMetrics),
      preset: value('<name>', '“recommended”: a rule for each metric that has none; shows them first'),
      yes: toggle('with --preset: add them'),
      ...fields,
      ...parts,
      email,
    },
    examples: [
      'alert rule add --preset recommended',
      'alert rule add --preset recommended --yes --email ops@example.com',
      'alert rule add --metric failures-per-person --threshold 5 --window 15 --email ops@example.com',
      'alert rule add --metric disk-free --threshold 2048 --window 5 --desktop',
    ],
    async run({ metric, preset, yes = false, ...given }, { realm }) {
      if ((metric === undefined) === (preset === undefined))
        throw new UsageError(
          `Name the metric with --metric (${alertMetrics.join(', ')}), or --preset recommended.`,
        );
      if (preset !== undefined && preset !== 'recommended')
        throw new UsageError(`There is no preset "${preset}". There is "recommended".`);
      const { channels, ...others } = toSettings(given);
      if (preset !== undefined && Object.keys(others).length > 0)
        throw new UsageError(
          'With --preset, only the recipients can be given (--email, --desktop, --no-webhook); change the rules afterwards.',
        );
      const on = await realm();
      if (metric === undefined) return addRecommended(on, channels, yes);
      const made = await createRule(on, { metric, ...defined({ channels }), ...others });
      return { json: made, text: describeRule(made) };
    },
  }),
  change: call('PATCH /api/admin/alert-rules/{id}', {
    on: 'world',
    args: { id },
    about: 'change a rule from the next event on; options that are not given stay unchanged',
    options: {
      ...fields,
      ...parts,
      email: orNo(email, 'remove all mail addresses'),
      enable: toggle('watch it again'),
      disable: toggle('keep the rule, but stop watching'),
    },
    ask({ id: _, enable, disable, ...given }) {
      if (enable && disable) throw new UsageError('Give --enable or --disable, not both.');
      const body = {
        ...toSettings(given),
        ...(enable && { enabled: true }),
        ...(disable && { enabled: false }),
      };
      if (Object.keys(body).length === 0) throw new UsageError('Give at least one change: see --help.');
      return body;
    },
    text: describeRule,
    examples: ['alert rule change rule_01… --threshold 10', 'alert rule change rule_01… --disable'],
  }),
  remove: call('DELETE /api/admin/alert-rules/{id}', {
    on: 'world',
    args: { id },
    about: 'remove the rule; its alerts stay',
    confirm: {
      option: '--yes',
      about: 'confirm',
      word: ({ id }, { env }) => [
        true,
        `Once ${id} is removed, its metric raises no alert. Add --yes to confirm, or keep it: ${invocation} alert rule change ${id} --disable${env === 'test' ? ' --env test' : ''}`,
      ],
    },
    json: (_, { id }) => ({ removed: id }),
    text: (_, { id }) => `The rule ${id} is removed.`,
    examples: ['alert rule remove rule_01… --yes'],
  }),
});

const recipient = noun('addresses that alerts may be mailed to', {
  list: list('GET /api/admin/mail-recipients', {
    on: 'org',
    about: 'approved addresses',
    limit: 1000,
    rows: recipientShown,
    empty: `No address is approved: no alert is mailed. Approve one: ${invocation} alert recipient approve ops@example.com`,
    examples: ['alert recipient list'],
  }),
  approve: call('POST /api/admin/mail-recipients', {
    on: 'org',
    args: { address },
    about: 'allow alerts to be mailed to this address, also by rules that an API key creates',
    text: (reply) => tableOf([reply], recipientShown, ''),
    examples: ['alert recipient approve ops@example.com'],
  }),
  withdraw: call('POST /api/admin/mail-recipients/withdraw', {
    on: 'org',
    args: { address: value('<address>', 'as `alert recipient list` shows it') },
    about: 'stop mailing alerts to this address; the rules that name it stay',
    confirm: {
      option: '--yes',
      about: 'confirm',
      word: ({ address }) => [true, `Rules that name ${address} no longer mail it. Add --yes to confirm.`],
    },
    json: (_, { address }) => ({ withdrawn: address }),
    text: (_, { address }) => `Alerts are no longer mailed to ${address}.`,
    examples: ['alert recipient withdraw ops@example.com --yes'],
  }),
});

export const alert = noun('alerts about failures, attacks or a full disk, and their recipients', {
  list: list('GET /api/admin/alerts', {
    on: 'world',
    about: 'alerts that are not acknowledged, newest first',
    options: { all: toggle('acknowledged ones too') },
    limit: 100,
    ask: ({ all }) => (all ? {} : { open: 'true' as const }),
    rows: {
      alert: 'id',
      fired: 'firedAt',
      rule: 'name',
      about: 'about',
      'value (rule)': ({ value, threshold }) => `${figure(value)} (${figure(threshold)})`,
      sent: ({ notified }) =>
        Object.entries(notified)
          .map(([channel, outcome]) => `${channel}: ${outcome}`)
          .join('; ') || undefined,
      acknowledged: ({ acknowledged: by }) => by && `${by.at} by ${by.by}`,
    },
    empty: ({ all }) =>
      all
        ? 'There are no alerts yet.'
        : `No alert is open. To see what is watched: ${invocation} alert rules`,
    examples: ['alert list', 'alert list --all --limit 20 --json'],
  }),
  ack: call('POST /api/admin/alerts/{id}/acknowledge', {
    on: 'world',
    args: { id: value('<alert-id>', 'as `alert list` shows it') },
    about: 'acknowledge an alert; the first acknowledgement stays',
    text: ({ id, name, acknowledged: { at, by } = {} }) =>
      `${id} (${name}) was acknowledged by ${by} at ${at}.`,
    examples: ['alert ack alr_01…'],
  }),
  rules: list('GET /api/admin/alert-rules', {
    on: 'world',
    about: 'the rules, and what each still needs',
    limit: 1000,
    rows: describeRules,
    empty: `There is no rule yet. See the recommended ones: ${invocation} alert rule add --preset recommended`,
    examples: ['alert rules'],
  }),
  rule,
  recipient,
  'mail-test': call('POST /api/admin/mail-recipients/test', {
    on: 'org',
    args: { address },
    about: 'send one mail through the mail server of smtpUrl now, and print the result',
    text: (reply, { address }) =>
      reply.sent
        ? `The mail server accepted a mail to ${address}. Check that it arrives.`
        : `The mail was not sent: ${reply.reason}`,
    failed: ({ sent }) => !sent,
    examples: ['alert mail-test ops@example.com'],
  }),
});

const createRule = ({ open, query }: Realm<'world'>, body: Schemas['NewAlertRule']): Promise<Rule> =>
  replyOf(open.admin.POST('/api/admin/alert-rules', { params: { query }, body }));

async function addRecommended(on: Realm<'world'>, channels: object | undefined, yes: boolean) {
  const { items } = await replyOf(
    on.open.admin.GET('/api/admin/alert-rules/recommended', { params: { query: on.query } }),
  );
  const recommended = items.map((one) => ({ ...one, channels: { ...one.channels, ...channels } }));
  const nothing = 'All recommended rules exist already.';
  if (!yes) {
    const text = describeRules(recommended, nothing);
    const hint = `Nothing was added. Add ${recommended.length === 1 ? 'it' : 'them'} with the same command and --yes.`;
    return {
      json: { recommended, added: [] },
      text: recommended.length > 0 ? `${text}\n\n${hint}` : text,
    };
  }
  const added: Rule[] = [];
  for (const one of recommended) added.push(await createRule(on, one));
  return { json: { recommended, added }, text: describeRules(added, nothing) };
}

/** The given options as fields of the API. */
function toSettings({
  key,
  profile,
  subject,
  webhook,
  desktop,
  email,
  ...given
}: Values<typeof fields & typeof parts> & { email?: string[] | null | undefined }) {
  const filter = defined({ key, profile, subject });
  const channels = defined({ webhook, desktop, email: email === null ? [] : email });
  const some = <Group extends object>(group: Group) => (Object.keys(group).length > 0 ? group : undefined);
  return defined({ ...given, filter: some(filter), channels: some(channels) });
}

function readNumber(flag: string, text: string): number {
  if (/^\d{1,13}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new UsageError(`${flag}: "${text}" is not a number: write digits only.`);
}
