import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { organizationFlag } from '../organization.ts';
import { findAdministrator } from './find.ts';

export function addAdminUnlock(admin: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    admin
      .command('unlock')
      .argument('<administrator>', 'id or e-mail address, as `admin list` shows them')
      .description('clear failed sign-ins, so that the person can sign in again at once')
      .option(...organizationFlag)
      .addHelpText('after', examples('admin unlock ada@example.com')),
    async ({ options, control }, given = '') => {
      const open = await control();
      const { organization, administrator } = await findAdministrator(open, given, options.org);
      const { id, email } = administrator;
      const { failures } = await replyOf(
        open.admin.POST('/api/admin/administrators/{id}/unlock', {
          params: { path: { id }, query: { organization } },
        }),
      );
      return {
        json: { id, email, failures },
        text: `${failures} failed sign-ins of ${email} are cleared.`,
      };
    },
  );
}
