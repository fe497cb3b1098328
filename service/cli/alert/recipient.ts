import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { table } from '../terminal/terminal.ts';

const shown = ({ address, approvedAt, approvedBy }: Schemas['MailRecipient']) => [
  address,
  approvedAt,
  approvedBy,
];
const header = ['recipient', 'approved', 'by'];

export function addAlertRecipient(alert: Command, runner: CommandRunner): void {
  const recipient = alert
    .command('recipient')
    .helpCommand(false)
    .description('addresses that alerts may be mailed to');

  runner.run<{ org?: string; limit: number }>(
    recipient
      .command('list')
      .description('approved addresses')
      .option(...organizationFlag)
      .option(...limitFlag(1000))
      .addHelpText('after', examples('alert recipient list')),
    async ({ options, control }) => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const items = await allPages(
        (page) =>
          replyOf(
            open.admin.GET('/api/admin/mail-recipients', { params: { query: { organization, ...page } } }),
          ),
        options.limit,
      );
      const empty = `No address is approved: no alert is mailed. Approve one: ${invocation} alert recipient approve ops@example.com`;
      return { json: { items }, text: table(header, items.map(shown), empty) };
    },
  );

  runner.run<{ org?: string }>(
    recipient
      .command('approve')
      .argument('<address>', 'an e-mail address')
      .description('allow alerts to be mailed to this address, also by rules that an API key creates')
      .option(...organizationFlag)
      .addHelpText('after', examples('alert recipient approve ops@example.com')),
    async ({ options, control }, address = '') => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.POST('/api/admin/mail-recipients', {
          params: { query: { organization } },
          body: { address },
        }),
      );
      return { json: reply, text: table(header, [shown(reply)], '') };
    },
  );

  runner.run<{ org?: string; yes?: boolean }>(
    recipient
      .command('withdraw')
      .argument('<address>', 'as `alert recipient list` shows it')
      .description('stop mailing alerts to this address; the rules that name it stay')
      .option('--yes', 'confirm')
      .option(...organizationFlag)
      .addHelpText('after', examples('alert recipient withdraw ops@example.com --yes')),
    async ({ options, control }, address = '') => {
      if (!options.yes)
        throw new UsageError(`Rules that name ${address} no longer mail it. Add --yes to confirm.`);
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      await replyOf(
        open.admin.POST('/api/admin/mail-recipients/withdraw', {
          params: { query: { organization } },
          body: { address },
        }),
      );
      return { json: { withdrawn: address }, text: `Alerts are no longer mailed to ${address}.` };
    },
  );
}
