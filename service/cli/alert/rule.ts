import type { Command } from 'commander';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { worldFlag, worldOf } from '../world-flag.ts';
import { describeRule, describeRules, type RuleReply } from './reply.ts';

interface Where {
  org?: string;
  test?: boolean;
}

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

const METRICS =
  'failures-per-person, failures-per-key, spoof-attempts, impossible-travel, unknown-device, bot-rate, webhook-disabled, queue-depth, disk-free, certificate-days, pad-missing, backup-trouble or sweep-waiting';

const withSettings = (command: Command): Command =>
  command
    .option(
      '--threshold <n>',
      'fires at so many or more (bot-rate: a share, 0.01 to 1); disk-free (MiB) and certificate-days: or less',
    )
    .option('--window <minutes>', 'looked back over, 1 to 1440; of what is measured: for how long it holds')
    .option('--hold-off <minutes>', 'not again about the same for so long')
    .option('--name <name>', 'for people, and in what is sent')
    .option('--key <id>', 'only what this API key asked')
    .option('--profile <slug>', 'only under this profile')
    .option('--person <id>', 'only about this person, by id (sub_…)')
    .option('--webhook', 'tell the webhooks that take alert.triggered (a new rule does)')
    .option('--no-webhook', 'do not')
    .option('--desktop', 'show it on the desktop of the box, where "npm run desktop" runs')
    .option('--no-desktop', 'do not')
    .option('--email <address>', 'mail it; may be given again', (one: string, before?: string[]) => [
      ...(before ?? []),
      one,
    ])
    .option(...organizationFlag)
    .option(...worldFlag);

export function addAlertRule(alert: Command, runner: CommandRunner): void {
  runner.run<Where>(
    alert
      .command('rules')
      .description('what is watched, and what it waits for')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert rules')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.get<{ rules: RuleReply[] }>(`/organizations/${id}/alert-rules`, {
        world: worldOf(options),
      });
      const empty = `Nothing is watched yet. See what is recommended: ${invocation} alert rule add --preset recommended`;
      return { json: reply, text: describeRules(reply.rules, empty) };
    },
  );

  const rule = alert.command('rule').helpCommand(false).description('add, change or remove a rule');

  runner.run<Where & Settings & { metric?: string; preset?: string; yes?: boolean }>(
    withSettings(
      rule
        .command('add')
        .description('watch something from now on; what is not said is as recommended')
        .option('--metric <metric>', METRICS)
        .option('--preset <name>', '“recommended”: a rule for all that has none; shows them first')
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
      const { metric, preset, yes } = options;
      if ((metric === undefined) === (preset === undefined))
        throw new UsageError(`Say what to watch with --metric (${METRICS}), or --preset recommended.`);
      if (preset !== undefined && preset !== 'recommended')
        throw new UsageError(`There is no preset "${preset}". There is "recommended".`);
      const settings = toSettings(options);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/alert-rules`;
      const world = worldOf(options);
      if (metric !== undefined) {
        const made = await open.send<RuleReply>('POST', path, { world, metric, ...settings });
        return { json: made, text: describeRule(made) };
      }
      const { channels, ...others } = settings;
      if (Object.keys(others).length > 0)
        throw new UsageError(
          'With --preset, only who is told can be said (--email, --desktop, --no-webhook); change the rules afterwards.',
        );
      const { rules } = await open.get<{ rules: RuleReply[] }>(`${path}/recommended`, { world });
      const recommended = rules.map((one) => ({ ...one, channels: { ...one.channels, ...channels } }));
      const nothing = 'Everything that is recommended is watched already.';
      if (!yes) {
        const text = describeRules(recommended, nothing);
        const hint = `Nothing was added. Add ${recommended.length === 1 ? 'it' : 'them'} with the same command and --yes.`;
        return {
          json: { recommended, added: [] },
          text: recommended.length > 0 ? `${text}\n\n${hint}` : text,
        };
      }
      const added: RuleReply[] = [];
      for (const one of recommended) added.push(await open.send('POST', path, { world, ...one }));
      return { json: { recommended, added }, text: describeRules(added, nothing) };
    },
  );

  runner.run<Where & Settings & { enable?: boolean; disable?: boolean }>(
    withSettings(
      rule
        .command('change')
        .argument('<rule-id>', 'as `alert rules` shows it')
        .description('change a rule from the next event on; what is not named stays')
        .option('--enable', 'watch it again')
        .option('--disable', 'keep it, and watch it no more')
        .option('--no-email', 'mail nobody any more'),
    ).addHelpText(
      'after',
      examples('alert rule change rule_01… --threshold 10', 'alert rule change rule_01… --disable'),
    ),
    async ({ options, control }, ruleId = '') => {
      const { enable, disable } = options;
      if (enable && disable) throw new UsageError('Say --enable or --disable.');
      const change = {
        ...toSettings(options),
        ...(enable && { enabled: true }),
        ...(disable && { enabled: false }),
      };
      if (Object.keys(change).length === 0) throw new UsageError('Say what to change: see --help.');
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/alert-rules/${encodeURIComponent(ruleId)}`;
      const changed = await open.send<RuleReply>('PATCH', path, { world: worldOf(options), ...change });
      return { json: changed, text: describeRule(changed) };
    },
  );

  runner.run<Where & { yes?: boolean }>(
    rule
      .command('remove')
      .argument('<rule-id>', 'as `alert rules` shows it')
      .description('watch it no more; its alerts stay')
      .option('--yes', 'it is meant')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert rule remove rule_01… --yes')),
    async ({ options, control }, ruleId = '') => {
      if (!options.yes)
        throw new UsageError(
          `What ${ruleId} watches is told to nobody any more once it is removed. Say --yes if that is meant, or keep it: ${invocation} alert rule change ${ruleId} --disable${options.test ? ' --test' : ''}`,
        );
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/alert-rules/${encodeURIComponent(ruleId)}`;
      const reply = await open.send('DELETE', `${path}?world=${worldOf(options)}`);
      return { json: reply, text: `The rule ${ruleId} is removed.` };
    },
  );
}

/** What was named, as the control API takes it. */
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
    filter: isNamed(filter) ? filter : undefined,
    channels: isNamed(channels) ? defined(channels) : undefined,
  });
}

function readNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,13}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new UsageError(`${flag}: "${text}" is no number. Write digits alone.`);
}
