import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type AlertMetric, alertMetrics } from '../../engine/alerts/alert.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { organizationFlag } from '../organization.ts';
import { type RealmOptions, realmOf } from '../realm.ts';
import { worldFlag, worldOf } from '../world-flag.ts';
import { describeRule, describeRules } from './alert-text.ts';

interface Settings {
  name?: string;
  window?: string;
  threshold?: string;
  holdOff?: string;
  key?: string;
  profile?: string;
  person?: string;
  webhook?: boolean;
  desktop?: boolean;
  /** false: no address any more. */
  email?: string[] | false;
}

const withSettings = (command: Command): Command =>
  command
    .option(
      '--threshold <n>',
      'fires at this value or more (bot-rate: a share, 0.01 to 1); disk-free (MiB) and certificate-days: or less',
    )
    .option(
      '--window <minutes>',
      'length of the window, 1 to 1440; for gauges: for how long the value has to be beyond the threshold',
    )
    .option('--hold-off <minutes>', 'minutes before it fires again for the same person or key')
    .option('--name <name>', 'name, also used in notifications')
    .option('--key <id>', 'only requests of this API key')
    .option('--profile <slug>', 'only verifications with this profile')
    .option('--person <id>', 'only about this person, by id (sub_…)')
    .option('--webhook', 'send to the webhooks that subscribe to alert.triggered (default of a new rule)')
    .option('--no-webhook', 'do not')
    .option('--desktop', 'show it on the desktop of the box, where "npm run desktop" runs')
    .option('--no-desktop', 'do not')
    .option(
      '--email <address>',
      'mail it to this address; may be given several times',
      (one: string, before?: string[]) => [...(before ?? []), one],
    )
    .option(...organizationFlag)
    .option(...worldFlag);

type Rule = Schemas['AlertRule'];

export function addAlertRule(alert: Command, runner: CommandRunner): void {
  addList(alert, runner);
  const rule = alert.command('rule').helpCommand(false).description('add, change or remove a rule');
  addAdd(rule, runner);
  addChange(rule, runner);
  addRemove(rule, runner);
}

function addList(alert: Command, runner: CommandRunner): void {
  runner.run<RealmOptions & { limit: number }>(
    alert
      .command('rules')
      .description('the rules, and what each still needs')
      .option(...organizationFlag)
      .option(...worldFlag)
      .option(...limitFlag(1000))
      .addHelpText('after', examples('alert rules')),
    async ({ options, control }) => {
      const open = await control();
      const { query: realm } = await realmOf(open, options);
      const items = await allPages(
        (page) =>
          replyOf(open.admin.GET('/api/admin/alert-rules', { params: { query: { ...realm, ...page } } })),
        options.limit,
      );
      const empty = `There is no rule yet. See the recommended ones: ${invocation} alert rule add --preset recommended`;
      return { json: { items }, text: describeRules(items, empty) };
    },
  );
}

function addAdd(rule: Command, runner: CommandRunner): void {
  runner.run<RealmOptions & Settings & { metric?: AlertMetric; preset?: string; yes?: boolean }>(
    withSettings(
      rule
        .command('add')
        .description('add a rule; options that are not given have the recommended values')
        .addOption(new Option('--metric <metric>', 'what to watch').choices([...alertMetrics]))
        .option('--preset <name>', '“recommended”: a rule for each metric that has none; shows them first')
        .option('--yes', 'with --preset: add them'),
    ).addHelpText(
      'after',
      examples(
        'alert rule add --preset recommended',
        'alert rule add --preset recommended --yes --email ops@example.com',
        'alert rule add --metric failures-per-person --threshold 5 --window 15 --email ops@example.com',
        'alert rule add --metric disk-free --threshold 2048 --window 5 --desktop',
      ),
    ),
    async ({ options, control }) => {
      const { metric, preset, yes = false } = options;
      if ((metric === undefined) === (preset === undefined))
        throw new UsageError(
          `Name the metric with --metric (${alertMetrics.join(', ')}), or --preset recommended.`,
        );
      if (preset !== undefined && preset !== 'recommended')
        throw new UsageError(`There is no preset "${preset}". There is "recommended".`);
      const settings = toSettings(options);
      const { channels, ...others } = settings;
      if (preset !== undefined && Object.keys(others).length > 0)
        throw new UsageError(
          'With --preset, only the recipients can be given (--email, --desktop, --no-webhook); change the rules afterwards.',
        );
      const open = await control();
      const { query: realm } = await realmOf(open, options);
      if (metric === undefined) return addRecommended(open, realm, { channels, yes });
      const made = await createRule(open, realm, { metric, ...settings });
      return { json: made, text: describeRule(made) };
    },
  );
}

const createRule = (
  open: Control,
  query: Awaited<ReturnType<typeof realmOf>>['query'],
  body: Schemas['NewAlertRule'],
): Promise<Rule> => replyOf(open.admin.POST('/api/admin/alert-rules', { params: { query }, body }));

async function addRecommended(
  open: Control,
  realm: Awaited<ReturnType<typeof realmOf>>['query'],
  { channels, yes }: { channels: ReturnType<typeof toSettings>['channels']; yes: boolean },
) {
  const { items } = await replyOf(
    open.admin.GET('/api/admin/alert-rules/recommended', { params: { query: realm } }),
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
  for (const one of recommended) added.push(await createRule(open, realm, one));
  return { json: { recommended, added }, text: describeRules(added, nothing) };
}

function addChange(rule: Command, runner: CommandRunner): void {
  runner.run<RealmOptions & Settings & { enable?: boolean; disable?: boolean }>(
    withSettings(
      rule
        .command('change')
        .argument('<rule-id>', 'as `alert rules` shows it')
        .description('change a rule from the next event on; options that are not given stay unchanged')
        .option('--enable', 'watch it again')
        .option('--disable', 'keep the rule, but stop watching')
        .option('--no-email', 'remove all mail addresses'),
    ).addHelpText(
      'after',
      examples('alert rule change rule_01… --threshold 10', 'alert rule change rule_01… --disable'),
    ),
    async ({ options, control }, id = '') => {
      const { enable, disable } = options;
      if (enable && disable) throw new UsageError('Say --enable or --disable.');
      const body = {
        ...toSettings(options),
        ...(enable && { enabled: true }),
        ...(disable && { enabled: false }),
      };
      if (Object.keys(body).length === 0) throw new UsageError('Name what to change: see --help.');
      const open = await control();
      const { query } = await realmOf(open, options);
      const changed = await replyOf(
        open.admin.PATCH('/api/admin/alert-rules/{id}', { params: { path: { id }, query }, body }),
      );
      return { json: changed, text: describeRule(changed) };
    },
  );
}

function addRemove(rule: Command, runner: CommandRunner): void {
  runner.run<RealmOptions & { yes?: boolean }>(
    rule
      .command('remove')
      .argument('<rule-id>', 'as `alert rules` shows it')
      .description('remove the rule; its alerts stay')
      .option('--yes', 'confirm')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert rule remove rule_01… --yes')),
    async ({ options, control }, id = '') => {
      if (!options.yes)
        throw new UsageError(
          `Once ${id} is removed, its metric raises no alert. Add --yes to confirm, or keep it: ${invocation} alert rule change ${id} --disable${worldOf(options) === 'test' ? ' --env test' : ''}`,
        );
      const open = await control();
      const { query } = await realmOf(open, options);
      await replyOf(open.admin.DELETE('/api/admin/alert-rules/{id}', { params: { path: { id }, query } }));
      return { json: { removed: id }, text: `The rule ${id} is removed.` };
    },
  );
}

/** The given options as fields of the API. */
function toSettings(options: Settings) {
  const { name, window, threshold, holdOff, key, profile, person, webhook, desktop, email } = options;
  const filter = { key, profile, subject: person };
  const channels = { webhook, desktop, email: email === false ? [] : email };
  const isNamed = (group: object) => Object.values(group).some((value) => value !== undefined);
  return defined({
    name,
    windowMinutes: readNumber('--window', window),
    threshold: readNumber('--threshold', threshold),
    holdOffMinutes: readNumber('--hold-off', holdOff),
    filter: isNamed(filter) ? defined(filter) : undefined,
    channels: isNamed(channels) ? defined(channels) : undefined,
  });
}

function readNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,13}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new UsageError(`${flag}: "${text}" is not a number. Write digits alone.`);
}
