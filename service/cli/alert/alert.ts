import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { worldFlag, worldOf } from '../world-flag.ts';
import { addAlertRecipient } from './recipient.ts';
import { type AlertReply, describeAlerts } from './reply.ts';
import { addAlertRule } from './rule.ts';

interface Where {
  org?: string;
  test?: boolean;
}

/** What one request gives at most. */
const PAGE = 1000;

export function addAlert(program: Command, runner: CommandRunner): void {
  const alert = program
    .command('alert')
    .helpCommand(false)
    .description('what should be noticed: failures, attacks, a full disk; and who is told');

  runner.run<Where & { all?: boolean; limit: string }>(
    alert
      .command('list')
      .description('alerts that nobody has acknowledged, newest first')
      .option('--all', 'acknowledged ones too')
      .option('--limit <n>', 'at most so many', '100')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert list', 'alert list --all --limit 20 --json')),
    async ({ options, control }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new UsageError(`--limit: "${options.limit}" is no positive number.`);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const alerts: AlertReply[] = [];
      let before: string | undefined;
      do {
        const page: { alerts: AlertReply[]; next?: string } = await open.get(`/organizations/${id}/alerts`, {
          world: worldOf(options),
          limit: Math.min(PAGE, limit - alerts.length),
          before,
          ...(options.all ? {} : { open: 'true' }),
        });
        alerts.push(...page.alerts);
        before = page.next;
      } while (before !== undefined && alerts.length < limit);
      const empty = options.all
        ? 'There was no alert yet.'
        : `No alert is open. What is watched: ${invocation} alert rules`;
      return { json: { alerts }, text: describeAlerts(alerts, empty) };
    },
  );

  runner.run<Where>(
    alert
      .command('ack')
      .argument('<alert-id>', 'as `alert list` shows it')
      .description('say that somebody has seen it; the first to say so stays')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert ack alr_01…')),
    async ({ options, control }, alertId = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/alerts/${encodeURIComponent(alertId)}/acknowledge`;
      const reply = await open.send<AlertReply>('POST', path, { world: worldOf(options) });
      const { at, by } = reply.acknowledged!;
      return { json: reply, text: `${reply.id} (${reply.name}) is acknowledged since ${at} by ${by}.` };
    },
  );

  addAlertRule(alert, runner);
  addAlertRecipient(alert, runner);

  runner.run<{ org?: string }>(
    alert
      .command('mail-test')
      .argument('<address>', 'an e-mail address')
      .description('send one mail through the mail server of smtpUrl, now, and say what became of it')
      .option(...organizationFlag)
      .addHelpText('after', examples('alert mail-test ops@example.com')),
    async ({ options, control }, address = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.send<{ sent: boolean; reason?: string }>(
        'POST',
        `/organizations/${id}/alerts/mail-test`,
        { address },
      );
      if (reply.sent)
        return { json: reply, text: `The mail server took a mail to ${address}. Look whether it arrives.` };
      return { json: reply, text: `The mail was not sent: ${reply.reason}`, exitCode: 1 };
    },
  );
}
