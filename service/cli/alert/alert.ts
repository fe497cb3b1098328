import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { type RealmOptions, realmOf } from '../realm.ts';
import { worldFlag } from '../world-flag.ts';
import { describeAlerts } from './alert-text.ts';
import { addAlertRecipient } from './recipient.ts';
import { addAlertRule } from './rule.ts';

export function addAlert(program: Command, runner: CommandRunner): void {
  const alert = program
    .command('alert')
    .helpCommand(false)
    .description('alerts about failures, attacks or a full disk, and their recipients');
  addList(alert, runner);
  addAcknowledge(alert, runner);
  addAlertRule(alert, runner);
  addAlertRecipient(alert, runner);
  addMailTest(alert, runner);
}

function addList(alert: Command, runner: CommandRunner): void {
  runner.run<RealmOptions & { all?: boolean; limit: number }>(
    alert
      .command('list')
      .description('alerts that are not acknowledged, newest first')
      .option('--all', 'acknowledged ones too')
      .option(...limitFlag(100))
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert list', 'alert list --all --limit 20 --json')),
    async ({ options, control }) => {
      const open = await control();
      const { query: realm } = await realmOf(open, options);
      const items = await allPages(
        (page) =>
          replyOf(
            open.admin.GET('/api/admin/alerts', {
              params: { query: { ...realm, ...page, ...(options.all ? {} : { open: 'true' }) } },
            }),
          ),
        options.limit,
      );
      const empty = options.all
        ? 'There was no alert yet.'
        : `No alert is open. What is watched: ${invocation} alert rules`;
      return { json: { items }, text: describeAlerts(items, empty) };
    },
  );
}

function addAcknowledge(alert: Command, runner: CommandRunner): void {
  runner.run<RealmOptions>(
    alert
      .command('ack')
      .argument('<alert-id>', 'as `alert list` shows it')
      .description('acknowledge an alert; the first acknowledgement stays')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('alert ack alr_01…')),
    async ({ options, control }, id = '') => {
      const open = await control();
      const { query } = await realmOf(open, options);
      const reply = await replyOf(
        open.admin.POST('/api/admin/alerts/{id}/acknowledge', { params: { path: { id }, query } }),
      );
      const { at, by } = reply.acknowledged ?? {};
      return { json: reply, text: `${reply.id} (${reply.name}) is acknowledged since ${at} by ${by}.` };
    },
  );
}

function addMailTest(alert: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    alert
      .command('mail-test')
      .argument('<address>', 'an e-mail address')
      .description('send one mail through the mail server of smtpUrl now, and print the result')
      .option(...organizationFlag)
      .addHelpText('after', examples('alert mail-test ops@example.com')),
    async ({ options, control }, address = '') => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.POST('/api/admin/mail-recipients/test', {
          params: { query: { organization } },
          body: { address },
        }),
      );
      if (reply.sent)
        return { json: reply, text: `The mail server accepted a mail to ${address}. Check that it arrives.` };
      return { json: reply, text: `The mail was not sent: ${reply.reason}`, exitCode: 1 };
    },
  );
}
